"""How long each operation took and how it ended, told to the metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from adapters.codes import Code
from adapters.metrics.api import ApiMetrics, Operation, Status

_OURS = frozenset({Code.INTERNAL, Code.UNAVAILABLE})
_KINDS = {
    OperationType.QUERY: Operation.QUERY,
    OperationType.MUTATION: Operation.MUTATION,
    OperationType.SUBSCRIPTION: Operation.SUBSCRIPTION,
}


class Timed(SchemaExtension):
    """Counts an operation once, at its first answer."""

    def __init__(self, metrics: ApiMetrics) -> None:
        self._metrics = metrics
        self._began = perf_counter()
        self._told = False

    def on_operation(self) -> Iterator[None]:
        """Its end is the first answer of what is no subscription."""
        yield
        self._tell(getattr(self.execution_context, "result", None))

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """The first answer of a subscription."""
        self._tell(result)
        yield

    def _tell(self, result: Any) -> None:
        if not self._told:
            self._told = True
            self._metrics.answered(self._kind(), _status(result), perf_counter() - self._began)

    def _kind(self) -> Operation:
        context = self.execution_context
        try:
            return Operation.UNKNOWN if context.graphql_document is None else _KINDS[context.operation_type]
        except RuntimeError:  # the document has no operation of the name that was asked for
            return Operation.UNKNOWN


def _status(result: Any) -> Status:
    """An operation that has no result at all has failed in our own hands."""
    if result is None:
        return Status.FAILED
    errors: Sequence[GraphQLError] = result.errors or ()
    codes = {(error.extensions or {}).get("code") for error in errors}
    if not codes:
        return Status.OK
    return Status.FAILED if codes & _OURS else Status.REFUSED
