"""How the API says no before GraphQL is asked: a status, and the same shape and codes as GraphQL's own errors."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from adapters.codes import Code, code_of
from domain.errors import StoreError, Unauthenticated, WhenceError

_BEARER = {"WWW-Authenticate": 'Bearer realm="whence"'}


def refusal(status: int, code: Code, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer; `message` is for people."""
    told = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(told, status, headers=headers)


def refusal_of(error: WhenceError) -> JSONResponse:
    """The answer to what a guard raised: 401, 403, or 503 where the store cannot be asked."""
    if isinstance(error, Unauthenticated):
        return refusal(401, code_of(error), str(error), _BEARER)
    if isinstance(error, StoreError):
        return refusal(
            503, code_of(error), "the store does not answer; ask again later", {"Retry-After": "5"}
        )
    return refusal(403, code_of(error), str(error))
