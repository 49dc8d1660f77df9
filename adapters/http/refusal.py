"""Responses to refused requests: an HTTP status, with the shape and codes of GraphQL's errors."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from adapters.codes import Code, code_of
from domain.errors import StoreError, Unauthenticated, WhenceError

_BEARER = {"WWW-Authenticate": 'Bearer realm="whence"'}


def refusal(status: int, code: Code, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response; `message` is for people."""
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, status, headers=headers)


def refusal_of(error: WhenceError) -> JSONResponse:
    """The response for an error of the gate: 401, 403, or 503 where the store does not answer."""
    if isinstance(error, Unauthenticated):
        return refusal(401, code_of(error), str(error), _BEARER)
    if isinstance(error, StoreError):
        return refusal(
            503, code_of(error), "the store does not answer; try again later", {"Retry-After": "5"}
        )
    return refusal(403, code_of(error), str(error))
