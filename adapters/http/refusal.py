"""Responses to refused requests: an HTTP status, and a body with the shape and codes of GraphQL's errors."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from adapters.codes import Code, code_of
from domain.errors import StoreError, StoreReplaced, Unauthenticated, WhenceError

_BEARER = {"WWW-Authenticate": 'Bearer realm="whence"'}


def refusal(status: int, code: Code, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response to a refused request; `message` is for people, `code` for programs."""
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, status, headers=headers)


def refusal_of(error: WhenceError) -> JSONResponse:
    """The response for an error that `Gate` raises: 401 Unauthenticated, 503 StoreError, 403 for other errors."""
    if isinstance(error, Unauthenticated):
        return refusal(401, code_of(error), str(error), _BEARER)
    if isinstance(error, StoreReplaced):
        return refusal(503, code_of(error), str(error))
    if isinstance(error, StoreError):
        return refusal(
            503, code_of(error), "the store does not answer; try again later", {"Retry-After": "5"}
        )
    return refusal(403, code_of(error), str(error))
