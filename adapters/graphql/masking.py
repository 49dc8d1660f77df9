"""Masks errors: a caller receives a code and a message, without internal details."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError, ValueNode
from sqlalchemy.exc import InterfaceError, OperationalError
from strawberry import Schema
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext

from adapters.codes import Code, code_of
from adapters.graphql.documents import ValidDocuments
from adapters.graphql.hooks import HooksRunner
from adapters.graphql.readers import Busy
from domain.errors import WhenceError

_log = logging.getLogger(__name__)
_TOO_LONG = "Document contains more than"
"""The beginning of graphql-core's message for too many tokens; the error cannot be recognised otherwise."""
_MASKED: dict[Code, str] = {
    Code.INTERNAL: "an internal error occurred",
    Code.UNAVAILABLE: "the store does not answer; try again later",
}


class MaskedSchema(Schema):
    """A schema that masks all errors: errors before and during execution, and errors in a subscription's events.

    `valid` has its documents that were executed before.
    """

    valid: ValidDocuments

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """The runner of this program's extensions."""
        return HooksRunner(execution_context, extensions)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Masks the errors in place, because the library returns this list."""
        errors[:] = [masked(error, execution_context) for error in errors]


def masked(error: GraphQLError, context: ExecutionContext | None = None) -> GraphQLError:
    """The error with its code. An internal error is logged with an incident id, and the caller receives only this
    id."""
    if _has_code(error):
        return error
    code, message = _classified(error)
    if message is not None:
        return _answer(error, message, {"code": code, **_retry(error.original_error)})
    incident = secrets.token_hex(6)
    _log.error(
        "incident %s at %s",
        incident,
        ".".join(str(step) for step in error.path or ()) or "no field",
        exc_info=error.original_error or error,
        extra={"incident": incident, "operation": _name_of(context)},
    )
    return _answer(error, f"{_MASKED[code]} (incident {incident})", {"code": code, "incident": incident})


def _classified(error: GraphQLError) -> tuple[Code, str | None]:
    """The code, and the message that a caller may see; the message is None for an internal error."""
    origin = error.original_error
    if isinstance(origin, WhenceError):
        return code_of(origin), str(origin)
    if isinstance(error, GraphQLSyntaxError) and _TOO_LONG in error.message:
        return Code.TOO_COMPLEX, error.message
    if isinstance(origin, RecursionError) and error.path is None:
        return Code.TOO_COMPLEX, "the document is nested too deeply"
    if _is_of_the_document(error):
        return Code.BAD_INPUT, error.message
    gone = isinstance(origin, OperationalError | InterfaceError)
    return (Code.UNAVAILABLE if gone else Code.INTERNAL), None


def _is_of_the_document(error: GraphQLError) -> bool:
    """Whether the document causes the error: it was found before any field was resolved, or in a field's arguments."""
    origin = error.original_error
    if isinstance(origin, StrawberryInputCoercionError) or _is_of_an_argument(origin):
        return True
    return error.path is None and (error.original_error is None or bool(error.nodes))


def _is_of_an_argument(origin: Exception | None) -> bool:
    """Whether graphql-core refuses the value of a field's or a directive's argument, such as a variable that is null.

    Only these errors name values; those of a completed field name the field.
    """
    return isinstance(origin, GraphQLError) and bool(origin.nodes) and _are_values(origin)


def _are_values(origin: GraphQLError) -> bool:
    return all(isinstance(node, ValueNode) for node in origin.nodes or ())


def _retry(origin: Exception | None) -> Mapping[str, int]:
    return {"retryAfter": origin.seconds} if isinstance(origin, Busy) else {}


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
