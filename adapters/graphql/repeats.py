"""How often a document selects one name in one place, counted before the document is validated.

GraphQL's rule *Field Selection Merging* compares every two fields that have one name in one place, and the fields below
them, so its time grows with the square of their number. This count is linear and ends at a budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
)
from graphql.language import SelectionNode, SelectionSetNode

DEEPEST = 40
"""The largest number of nested selection sets. Deeper documents would exhaust Python's stack in GraphQL's rules."""


@dataclass
class Repeats:
    """`fields`: the fields of the document with its fragments in place, counted up to `most`. `pairs`: the number of
    pairs of fields with one name in one place. `depth`: the largest number of nested selection sets, counted up to
    `DEEPEST` + 1."""

    most: int
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict[str, FragmentDefinitionNode])
    fields: int = 0
    pairs: int = 0
    depth: int = 0

    def count(self, document: DocumentNode) -> None:
        """Counts every operation and every fragment of the document, because validation visits all of them."""
        definitions = document.definitions
        self.fragments = fragments_of(document)
        for one in definitions:
            if isinstance(one, OperationDefinitionNode | FragmentDefinitionNode):
                self._place([one.selection_set], 1)

    @property
    def is_over(self) -> bool:
        """Whether the document has more fields than `most` or is nested too deeply; the counts are too small then."""
        return self.fields > self.most or self.depth > DEEPEST

    def _place(self, selected: Sequence[SelectionSetNode], depth: int) -> None:
        named: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for one in selected:
            self._collect(one.selections, named, spread, depth)
        for nodes in named.values():
            self.pairs += len(nodes) * (len(nodes) - 1)
            below = [node.selection_set for node in nodes if node.selection_set]
            if below and not self.is_over:
                self._place(below, depth + 1)

    def _collect(
        self,
        selections: Sequence[SelectionNode],
        named: dict[str, list[FieldNode]],
        spread: set[str],
        depth: int,
    ) -> None:
        self.depth = max(self.depth, depth)
        for node in selections:
            if self.is_over:
                return
            match node:
                case FieldNode():
                    self.fields += 1
                    named.setdefault(_name(node), []).append(node)
                case InlineFragmentNode():
                    self._collect(node.selection_set.selections, named, spread, depth + 1)
                case FragmentSpreadNode() if node.name.value not in spread:
                    spread.add(node.name.value)
                    found = self.fragments.get(node.name.value)
                    self._collect(found.selection_set.selections if found else (), named, spread, depth + 1)
                case _:
                    pass


def _name(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def fragments_of(document: DocumentNode) -> Mapping[str, FragmentDefinitionNode]:
    """The document's fragments by name."""
    return {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
