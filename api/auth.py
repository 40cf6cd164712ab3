"""Keepers' keys at the door: ``Authorization: Bearer KEY``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.client import client_address
from api.errors import ApiError
from api.service import service_of
from geo.store.keys import Key, Role, verify_key

_bearer = HTTPBearer(
    scheme_name="key", auto_error=False, description="A key made by `care-stations keys add`"
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="care-stations"'}


async def keeper(
    request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Key:
    """Return the key of a request by a keeper or an administrator.

    Raises:
        ApiError: 401 without a valid key, 429 after too many wrong ones.
    """
    service = service_of(request)
    key = await service.asking.ask(verify_key, service.store, sent.credentials) if sent else None
    if key is None:
        service.limiter.take(client_address(request, service.settings))
        raise ApiError(401, "a keeper's key is needed: Authorization: Bearer KEY", _CHALLENGE)
    return key


def require_role(key: Key, role: Role) -> None:
    """Check that the key's holder may do what only ``role`` may; administrators may do everything.

    Raises:
        ApiError: 403.
    """
    if key.role not in (role, "admin"):
        raise ApiError(403, f"this needs the role {role}")


KeeperDep = Annotated[Key, Depends(keeper)]
