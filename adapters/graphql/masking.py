"""Errors as a caller may see them: a code, a sentence, and nothing of what is inside."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from sqlalchemy.exc import InterfaceError, OperationalError
from strawberry import Schema
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types import ExecutionContext

from adapters.codes import Code, code_of
from domain.errors import WhenceError

_log = logging.getLogger(__name__)
_TOO_LONG = "Document contains more than"
"""How graphql-core words that a document has too many tokens: its only mark."""
_UNSEEN: dict[Code, str] = {
    Code.INTERNAL: "something failed here that should not",
    Code.UNAVAILABLE: "what this is read from does not answer; ask again later",
}


class MaskedSchema(Schema):
    """A schema whose errors all pass `masked`, before execution, in it, and in each event of a subscription."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Changes the errors in place: the library answers with this list."""
        errors[:] = [masked(error, execution_context) for error in errors]


def masked(error: GraphQLError, context: ExecutionContext | None = None) -> GraphQLError:
    """The error with its code. What no caller is meant to see is logged under an incident id, and only that is told."""
    if _has_code(error):
        return error
    code, said = _judged(error)
    if said is not None:
        return _answer(error, said, {"code": code})
    incident = secrets.token_hex(6)
    _log.error(
        "incident %s at %s",
        incident,
        ".".join(str(step) for step in error.path or ()) or "no field",
        exc_info=error.original_error or error,
        extra={"incident": incident, "operation": _name_of(context)},
    )
    return _answer(error, f"{_UNSEEN[code]} (incident {incident})", {"code": code, "incident": incident})


def _judged(error: GraphQLError) -> tuple[Code, str | None]:
    """The code, and what may be said; None where nothing of it may."""
    origin = error.original_error
    if isinstance(origin, WhenceError):
        return code_of(origin), str(origin)
    if isinstance(error, GraphQLSyntaxError) and _TOO_LONG in error.message:
        return Code.TOO_COMPLEX, error.message
    if _is_of_the_document(error):
        return Code.BAD_INPUT, error.message
    gone = isinstance(origin, OperationalError | InterfaceError)
    return (Code.UNAVAILABLE if gone else Code.INTERNAL), None


def _is_of_the_document(error: GraphQLError) -> bool:
    """Whether the fault is in what was asked: found before a field was resolved, or while its arguments were read."""
    if isinstance(error.original_error, StrawberryInputCoercionError):
        return True
    return error.path is None and (error.original_error is None or bool(error.nodes))


def _has_code(error: GraphQLError) -> bool:
    return (error.extensions or {}).get("code") in set(Code)


def _answer(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _name_of(context: ExecutionContext | None) -> str | None:
    return None if context is None or context.graphql_document is None else context.operation_name
