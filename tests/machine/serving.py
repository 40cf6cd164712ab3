"""The product as a user starts it: a real server process on a free loopback port."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from postgis import free_port

START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
# A proxy nobody runs: a server that tried to reach another host would fail at once.
NO_OUTSIDE = {
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
    **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
}


class LiveServer:
    """``python -m api serve`` in a folder of its own; ``log`` holds what it printed."""

    def __init__(
        self, folder: Path, store_url: str | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.store_url = store_url or f"sqlite:///{folder / 'care-stations.db'}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"server-{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
        self._env = {**kept, **NO_OUTSIDE, "PYTHONWARNINGS": "default", **(env or {})}

    def start(self, ready_path: str = "/readyz") -> None:
        """Start the process and wait until ``ready_path`` answers 200."""
        command = [sys.executable, "-m", "api", "serve", "--store", self.store_url]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env=self._env,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while self._status(ready_path) != http.HTTPStatus.OK:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not get ready:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)

    def stop(self) -> int:
        """Ask the server to end (SIGTERM) and return its exit code; 0 or -SIGTERM is a clean end."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End the server as a crash would (SIGKILL)."""
        return self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop the server when it still runs; an unclean end is an error that shows the log."""
        if self.process is None:
            return
        code = self.stop()
        if code not in {0, -signal.SIGTERM}:
            raise RuntimeError(f"the server ended with {code}:\n{self.log.read_text()[-4000:]}")

    def _end(self, sign: signal.Signals) -> int:
        if self.process is None:
            raise RuntimeError("the server is not running")
        process, self.process = self.process, None
        process.send_signal(sign)
        try:
            return process.wait(timeout=STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def _status(self, path: str) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (ConnectionError, TimeoutError, http.client.BadStatusLine):
            return None
        finally:
            connection.close()
