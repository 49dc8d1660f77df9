"""The weight of a document: its depth, cost and aliases, computed before any field is resolved.

Strawberry's own limiters of depth and aliases visit a fragment again wherever it is spread. That takes exponential time
if each of several fragments spreads the next one twice. This module computes the weight of each fragment once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from graphql.language import SelectionNode, SelectionSetNode

from adapters.candle_store.page import MOST
from adapters.codes import Code

PAGE_ARGUMENTS = ("first", "last")
_LONGEST_SIZE = 12
"""The number of digits that are read of a page size; a number with this many digits exceeds every limit."""
_LARGER_PAGES: Mapping[str, int] = {"CandlePage": MOST}
"""The largest pages of the types whose rows are small and need no further queries."""
_PAGES = ("Connection", "Page")
"""How the names of the types end whose lists have the size of their field's page."""
_UNBOUNDED_LIST = 10
"""The assumed length of a list without a page size."""


@dataclass(frozen=True, slots=True)
class Weight:
    """`depth` is the largest number of nested fields; `cost` is the largest number of fields that may be resolved;
    `aliases` is the number of aliases, counted again wherever their fragment is spread."""

    depth: int = 0
    cost: int = 0
    aliases: int = 0

    def beside(self, other: Weight) -> Weight:
        """The weight of this selection and another one in the same selection set."""
        return Weight(max(self.depth, other.depth), self.cost + other.cost, self.aliases + other.aliases)

    def under(self, times: int, *, alias: bool) -> Weight:
        """The weight of a field whose selections have this weight and are resolved `times` times."""
        return Weight(self.depth + 1, 1 + times * self.cost, self.aliases + alias)


@dataclass
class Scales:
    """Computes the weight of one operation; `pages` collects an error, with its code, for each page size out of
    its range and each page with two sizes; `is_fixed` is whether no page size was a variable.

    `variables` are the operation's coerced variables, defaults included; None where they are invalid and nothing is
    executed.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any] | None
    page: int
    pages: list[GraphQLError] = field(default_factory=list[GraphQLError])
    is_fixed: bool = True
    _weighed: dict[str, Weight] = field(default_factory=dict[str, Weight])

    def weigh(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Weight:
        """The weight of selections on the type `parent`; a field that the schema does not have counts as one field."""
        if selections is None:
            return Weight()
        parts = (self._one(selection, parent) for selection in selections.selections)
        return reduce(Weight.beside, parts, Weight())

    def _one(self, node: SelectionNode, parent: GraphQLNamedType | None) -> Weight:
        match node:
            case FieldNode():
                return self._field(node, parent)
            case FragmentSpreadNode():
                return self._fragment(node.name.value)
            case InlineFragmentNode():
                return self.weigh(node.selection_set, self._condition(node) or parent)
            case _:
                return Weight()

    def _condition(self, node: InlineFragmentNode) -> GraphQLNamedType | None:
        condition: Any = node.type_condition  # may be None, which graphql-core's types do not declare
        return None if condition is None else self.schema.get_type(condition.name.value)

    def _fragment(self, name: str) -> Weight:
        if name not in self._weighed and (fragment := self.fragments.get(name)) is not None:
            # Ends the recursion of a fragment that spreads itself; another rule refuses such a fragment.
            self._weighed[name] = Weight()
            on = self.schema.get_type(fragment.type_condition.name.value)
            self._weighed[name] = self.weigh(fragment.selection_set, on)
        return self._weighed.get(name, Weight())

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        if node.name.value.startswith("__"):
            return replace(
                self.weigh(node.selection_set, None).under(1, alias=node.alias is not None), depth=0
            )
        found: Any = getattr(parent, "fields", {}).get(node.name.value)
        below = self.weigh(node.selection_set, None if found is None else _named(found.type))
        return below.under(self._times(node, parent, found), alias=node.alias is not None)

    def _times(self, node: FieldNode, parent: GraphQLNamedType | None, found: Any) -> int:
        if found is None:
            return 1
        sizes = self._page_sizes(node, found)
        if sizes:
            return max(sizes)
        is_page = parent is not None and parent.name.endswith(_PAGES)
        return _UNBOUNDED_LIST if _is_list(found.type) and not is_page else 1

    def _page_sizes(self, node: FieldNode, found: Any) -> list[int]:
        """The given page sizes, or the default page size if none is given; empty where the field has no pages."""
        arguments = {argument.name.value: argument.value for argument in node.arguments}
        known = [name for name in PAGE_ARGUMENTS if name in found.args]
        given = [self._size(arguments[name]) for name in known if name in arguments]
        sizes = [size for size in given if isinstance(size, int)]
        kind = _named(found.type)
        most = self.page if kind is None else _LARGER_PAGES.get(kind.name, self.page)
        for size in sizes:
            if not 0 <= size <= most:
                fault = f"a page has 0 to {most} entries; {size} were requested"
                self._refuse(node, fault, Code.TOO_COMPLEX if size > 0 else Code.BAD_INPUT)
        if len(sizes) > 1 and self.variables is not None:
            self._refuse(
                node, "a page is the first entries or the last ones: give first or last", Code.BAD_INPUT
            )
        defaults = (found.args[name].default_value for name in known)
        return sizes or [one if isinstance(one, int) else self.page for one in defaults][:1]

    def _refuse(self, node: FieldNode, fault: str, code: Code) -> None:
        self.pages.append(GraphQLError(fault, node, extensions={"code": code}))

    def _size(self, value: ValueNode) -> object:
        """The value of a page size; the largest page for a variable whose value cannot be read."""
        if isinstance(value, VariableNode):
            self.is_fixed = False
            return self.page if self.variables is None else self.variables.get(value.name.value)
        return int(value.value[:_LONGEST_SIZE]) if isinstance(value, IntValueNode) else None


def _named(kind: Any) -> GraphQLNamedType | None:
    return cast("GraphQLNamedType | None", get_named_type(kind))


def _is_list(kind: Any) -> bool:
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)
