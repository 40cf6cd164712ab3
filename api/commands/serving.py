"""``care-stations serve``: the web service in this process, ended without dropping a request."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
import sys
from types import FrameType
from typing import Annotated, Any, cast

import h11
import typer
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.app import create_app
from api.commands.terminal import StoreOption, say, settings_with
from api.errors import problem
from api.service import Service
from geo.errors import CareStationError

_DRAIN_S = 0.3  # between the first signal and the end of listening, so that balancers see readyz fail
_LINGER_S = 1.0  # after it, for requests of open connections to arrive; an idle one is then closed
_GRACE_S = 30  # for requests under way
_BACKLOG = 2048
_SO_ATTACH_FILTER = 26  # of Linux; the socket module does not name it
_DROP_ALL = struct.pack("=HBBI", 0x06, 0, 0, 0)  # one instruction of the packet filter: return nothing


class ListenError(CareStationError, OSError):
    """The address cannot be listened on."""


class PlainSpokenProtocol(H11Protocol):
    """Answers what is no HTTP request as every other error is answered, in words that say what to do."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Send the problem document and hang up; ``msg``, uvicorn's own words, only repeats the status."""
        answer = problem(
            400, "no HTTP request: characters outside ASCII in an address must be percent-encoded (UTF-8)"
        )
        headers = [*answer.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class DrainingServer(uvicorn.Server):
    """Goes out of service before it stops: ``/readyz`` says 503, connections close after their answer.

    Whatever was connected when listening ends is still heard: uvicorn alone resets what waits to be accepted
    and hangs up on connections whose request is on its way.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first signal, leave at once at the second."""
        if self._service.draining:
            super().handle_exit(sig, frame)
            return
        self._service.draining = True
        loop = asyncio.get_running_loop()
        loop.call_soon_threadsafe(loop.call_later, _DRAIN_S, self._end)

    def _end(self) -> None:
        # Not uvicorn's own handler: it would end the process by the signal again, where 0 says "as asked".
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End listening, answer who is connected, then shut down as uvicorn does."""
        loop = asyncio.get_running_loop()
        for listening in sockets or ():
            turn_newcomers_away(listening)
        waiting = [connection for listening in sockets or () for connection in _waiting_on(listening)]
        for server in self.servers:
            server.close()
        for connection in waiting:
            await loop.connect_accepted_socket(self._protocol, connection)
        deadline = loop.time() + _LINGER_S
        while self.server_state.connections and loop.time() < deadline:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        protocol_class = cast("type[Any]", self.config.http_protocol_class)
        protocol = protocol_class(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return cast("asyncio.Protocol", protocol)


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    store: StoreOption = None,
) -> None:
    """Serve the finder, the maps and the API until told to stop."""
    app = create_app(settings_with(store))
    service: Service = app.state.service
    listening = _listen(host, port)
    config = uvicorn.Config(
        app,
        http=PlainSpokenProtocol,
        access_log=False,  # a request's address may hold a worker's position
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=False,  # api.client reads them, by CARE_TRUSTED_HOPS
    )
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    say(f"care-stations: serving {service.store.url} on {address} (Ctrl+C stops)")
    DrainingServer(config, service).run(sockets=[listening])


def turn_newcomers_away(listening: socket.socket) -> None:
    """Let the kernel hear no more callers; those it has let in still wait to be accepted.

    Without this (as elsewhere than on Linux) a caller let in between the last accept and the close is reset.
    """
    if sys.platform == "linux":
        program = ctypes.create_string_buffer(_DROP_ALL, len(_DROP_ALL))
        filter_ = struct.pack("@HP", 1, ctypes.addressof(program))
        listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, filter_)


def _waiting_on(listening: socket.socket) -> list[socket.socket]:
    """Take every connection that waits to be accepted."""
    waiting = []
    while True:
        try:
            waiting.append(listening.accept()[0])
        except BlockingIOError:
            return waiting


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off; else an answer in two writes takes 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ListenError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    listening.listen(_BACKLOG)
    listening.set_inheritable(True)
    return listening
