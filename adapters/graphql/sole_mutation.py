"""One mutation for each request: of two, the first could be carried out although the response is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
)
from graphql.language import SelectionNode

from adapters.codes import Code
from adapters.graphql.repeats import fragments_of

_Fragments = Mapping[str, FragmentDefinitionNode]


def mutation_fault(document: DocumentNode) -> Sequence[GraphQLError]:
    """An error for the first operation that has several mutations; empty where none has.

    Skipped fields count, too, because a document is judged before its directives.
    """
    fragments = fragments_of(document)
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode) and one.operation is OperationType.MUTATION:
            fields = list(_fields(one.selection_set.selections, fragments, set()))
            if len(fields) > 1:
                return [_fault(fields)]
    return []


def _fields(
    selections: Sequence[SelectionNode], fragments: _Fragments, spread: set[str]
) -> Iterator[FieldNode]:
    for node in selections:
        match node:
            case FieldNode() if not node.name.value.startswith("__"):
                yield node
            case InlineFragmentNode():
                yield from _fields(node.selection_set.selections, fragments, spread)
            case FragmentSpreadNode() if node.name.value in fragments and node.name.value not in spread:
                spread.add(node.name.value)
                yield from _fields(fragments[node.name.value].selection_set.selections, fragments, spread)
            case _:
                pass


def _fault(fields: Sequence[FieldNode]) -> GraphQLError:
    return GraphQLError(
        f"a document has one mutation, not {len(fields)}: send each in a request of its own, with its own idempotency "
        "key; nothing was carried out",
        fields[1],
        extensions={"code": Code.BAD_INPUT},
    )
