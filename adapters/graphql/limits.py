"""The limits of one request, checked before any field is resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    ValidationContext,
    ValidationRule,
)
from strawberry.extensions import DisableIntrospection, MaxTokensLimiter, SchemaExtension

from adapters.codes import Code
from adapters.graphql.weight import Scales, Weight


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest allowed values. `depth`: nested fields. `cost`: fields to resolve; the fields of a list count once
    for each entry of its page. `aliases` and `tokens`: their number in a document. `page`: entries on a page."""

    depth: int = 15
    cost: int = 50_000
    aliases: int = 30
    tokens: int = 2_000
    page: int = 200
    introspection: bool = True


def limiting(limits: Limits) -> Sequence[Callable[[], SchemaExtension]]:
    """The functions that create the schema extensions which enforce the limits; they are called for each operation."""
    extensions: list[Callable[[], SchemaExtension]] = [
        lambda: MaxTokensLimiter(limits.tokens),
        lambda: WeightLimiter(limits),
    ]
    return extensions if limits.introspection else [*extensions, DisableIntrospection]


class WeightLimiter(SchemaExtension):
    """Refuses a document that exceeds a limit of depth, cost, aliases or page size, with the code TOO_COMPLEX."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def on_operation(self) -> Iterator[None]:
        """Adds the rule at the start of each operation, because the rule needs the variables, which are not passed to
        validation rules."""
        context = self.execution_context
        context.validation_rules = (*context.validation_rules, _rule(self._limits, context.variables or {}))
        yield


def _rule(limits: Limits, variables: Mapping[str, Any]) -> type[ValidationRule]:
    class WithinLimits(ValidationRule):
        context: ValidationContext

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            definitions = context.document.definitions
            fragments = {
                one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)
            }
            self.scales = Scales(context.schema, fragments, variables, limits.page)

        def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
            weight = self.scales.weigh(node.selection_set, self.context.schema.get_root_type(node.operation))
            for fault in _faults(weight, limits):
                self.report_error(GraphQLError(fault, node, extensions={"code": Code.TOO_COMPLEX}))

        def leave_document(self, *_: object) -> None:
            for fault in self.scales.pages:
                fault.extensions = {"code": Code.TOO_COMPLEX}
                self.report_error(fault)

    return WithinLimits


def _faults(weight: Weight, limits: Limits) -> Iterator[str]:
    measured = (
        ("fields deep", weight.depth, limits.depth),
        ("fields to resolve", weight.cost, limits.cost),
        ("aliases", weight.aliases, limits.aliases),
    )
    for what, found, most in measured:
        if found > most:
            yield f"the document has {_short(found)} {what}; {most} are allowed"


def _short(count: int) -> str:
    """The count as text; nested fragments can multiply it to a number too long to print."""
    return str(count) if count < 10**9 else "more than a billion"
