"""Records the duration and the outcome of each operation in the metrics."""

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
    """Records each operation once, with its first result."""

    def __init__(self, metrics: ApiMetrics) -> None:
        self._metrics = metrics
        self._began = perf_counter()
        self._is_recorded = False

    def on_operation(self) -> Iterator[None]:
        """Records a query or mutation when it ends; has no effect on a subscription that is already recorded."""
        yield
        self._record(getattr(self.execution_context, "result", None))

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """Records a subscription when it has its first result."""
        self._record(result)
        yield

    def _record(self, result: Any) -> None:
        if not self._is_recorded:
            self._is_recorded = True
            self._metrics.answered(self._kind(), _status(result), perf_counter() - self._began)

    def _kind(self) -> Operation:
        context = self.execution_context
        try:
            return Operation.UNKNOWN if context.graphql_document is None else _KINDS[context.operation_type]
        except RuntimeError:  # the document has no operation of the requested name
            return Operation.UNKNOWN


def _status(result: Any) -> Status:
    """The status of a result. An operation without a result has status FAILED, as after an internal error."""
    if result is None:
        return Status.FAILED
    errors: Sequence[GraphQLError] = result.errors or ()
    codes = {(error.extensions or {}).get("code") for error in errors}
    if not codes:
        return Status.OK
    return Status.FAILED if codes & _OURS else Status.REFUSED
