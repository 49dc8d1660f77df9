"""The limits of one request, checked before any field is resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.values import get_variable_values
from strawberry.extensions import DisableIntrospection, MaxTokensLimiter, SchemaExtension

from adapters.codes import Code
from adapters.graphql.documents import is_valid
from adapters.graphql.repeats import DEEPEST, Repeats, fragments_of
from adapters.graphql.sole_mutation import mutation_fault
from adapters.graphql.values import value_faults
from adapters.graphql.weight import Scales, Weight


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest allowed values. `depth`: nested fields. `cost`: fields to resolve; the fields of a list count once
    for each entry of its page. `aliases` and `tokens`: their number in a document. `page`: entries on a page. `fields`:
    fields in a document, its fragments in place. `pairs`: pairs of fields with one name in one place. `parts`:
    operations and fragments. `values`: values in the variables."""

    depth: int = 15
    cost: int = 50_000
    aliases: int = 30
    tokens: int = 2_000
    page: int = 200
    fields: int = 5_000
    pairs: int = 2_000
    parts: int = 100
    values: int = 1_000
    introspection: bool = True


def limiting(limits: Limits) -> Sequence[Callable[[], SchemaExtension]]:
    """The functions that create the schema extensions which enforce the limits; they are called for each operation."""
    extensions: list[Callable[[], SchemaExtension]] = [
        lambda: MaxTokensLimiter(limits.tokens),
        lambda: BudgetLimiter(limits),
        lambda: WeightLimiter(limits),
    ]
    return extensions if limits.introspection else [*extensions, DisableIntrospection]


def is_within(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any], limits: Limits
) -> bool:
    """Whether a document that was valid before is within the limits with these variables, too."""
    if value_faults(variables, limits.values):
        return False
    return _is_light(document) or not any(_Weighing(schema, document, variables, limits).faults())


class BudgetLimiter(SchemaExtension):
    """Refuses a document that would be expensive to validate, and large variables, before either is read further.

    The code is TOO_COMPLEX, or BAD_INPUT for a document with several mutations.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def on_validate(self) -> Iterator[None]:
        """Replaces validation by its errors where there are any."""
        context = self.execution_context
        document = context.graphql_document
        new = None if document is None or is_valid(document) else document
        faults = [] if new is None else _budget_faults(new, self._limits)
        faults = faults or value_faults(context.variables or {}, self._limits.values)
        errors = [GraphQLError(fault, extensions={"code": Code.TOO_COMPLEX}) for fault in faults]
        if new is not None and not errors:
            errors.extend(mutation_fault(new))
        if errors:
            context.pre_execution_errors = errors
        yield


class WeightLimiter(SchemaExtension):
    """Refuses a document that exceeds a limit of depth, cost, aliases or page size, with the code TOO_COMPLEX."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def on_validate(self) -> Iterator[None]:
        """Replaces validation by the errors where there are any.

        Where a page size is a variable, the weight is computed for every request, also of a known document.
        """
        context = self.execution_context
        document = context.graphql_document
        if document is not None and not context.pre_execution_errors and not _is_light(document):
            schema = cast(Any, context.schema)._schema  # noqa: SLF001  # there is no other way to graphql-core's schema
            weighing = _Weighing(schema, document, context.variables or {}, self._limits)
            if errors := list(weighing.faults()):
                context.pre_execution_errors = errors
            elif weighing.is_fixed:
                vars(document)[_LIGHT] = True
        yield


_LIGHT = "is_light"


def _is_light(document: DocumentNode) -> bool:
    """Whether the document was weighed before, is within the limits, and has the same weight for all variables."""
    return _LIGHT in vars(document)


@dataclass
class _Weighing:
    """The weights of a document's operations. `is_fixed`: no page size was a variable, and all variables were valid."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    limits: Limits
    is_fixed: bool = True

    def faults(self) -> Iterator[GraphQLError]:
        """The limits that are exceeded."""
        fragments = fragments_of(self.document)
        for node in self.document.definitions:
            if isinstance(node, OperationDefinitionNode):
                variables = _coerced(self.schema, node, self.variables)
                scales = Scales(self.schema, fragments, variables, self.limits.page)
                yield from self._over(node, scales)
                self.is_fixed &= scales.is_fixed and variables is not None

    def _over(self, node: OperationDefinitionNode, scales: Scales) -> Iterator[GraphQLError]:
        weight = scales.weigh(node.selection_set, self.schema.get_root_type(node.operation))
        for fault in _faults(weight, self.limits):
            yield GraphQLError(fault, node, extensions={"code": Code.TOO_COMPLEX})
        yield from scales.pages


def _coerced(
    schema: GraphQLSchema, node: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The values that the operation's resolvers receive: defaults included, 1e6 as 1000000. None where one is
    invalid: such an operation is refused before it is executed."""
    found = get_variable_values(schema, node.variable_definitions, dict(variables), max_errors=1)
    return found if isinstance(found, dict) else None


def _budget_faults(document: DocumentNode, limits: Limits) -> list[str]:
    parts = len(document.definitions)
    if parts > limits.parts:
        return [f"the document has {parts} operations and fragments; {limits.parts} are allowed"]
    repeats = Repeats(limits.fields)
    repeats.count(document)
    measured = (
        (repeats.depth > DEEPEST, f"the document is nested more than {DEEPEST} levels deep"),
        (
            repeats.fields > limits.fields,
            f"the document has more than {limits.fields} fields, its fragments in place",
        ),
        (
            repeats.pairs > limits.pairs,
            "the document selects one name in one place too often; select each field once",
        ),
    )
    return [fault for is_over, fault in measured if is_over]


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
