"""Completes loaded objects by functions that are composed once for a selection, without graphql-core's machinery, which
takes most of the time of a list.

A field is plain if it is an attribute of its object, or a method of it without arguments, and its value is a scalar, an
enum, or a list or an object of which only plain fields are selected. graphql-core executes all other fields, and again
every plain field whose value is unusual, with the same result and errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from operator import call
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionContext,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    is_leaf_type,
    visit,
)
from graphql.language import DirectiveNode, VariableNode
from graphql.pyutils import Path, Undefined
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from adapters.graphql.leaves import DEFINITION, Read, Unusual, Write, reader_of, writer_of
from adapters.graphql.page_plan import RootPage, root_page

Fields = dict[str, list[FieldNode]]
_UNUSUAL: Any = object()
_MISSING = GraphQLField(cast(Any, GraphQLString))
"""Stands for a field that the type does not have, such as `__schema`."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """How a plain field is read from its object, and how its value is written."""

    read: Read
    write: Write

    def value(self, source: Any) -> Any:
        """The response of the field; `_UNUSUAL` where graphql-core must execute it."""
        try:
            return self.write(self.read(source))
        except Exception:  # noqa: BLE001  # graphql-core raises and reports it again, with its place
            return _UNUSUAL


_Plan = tuple[Mapping[str, _Plain], bool]
"""The plain fields of a selection by response name, and whether there are no others."""


@dataclass(slots=True)
class Plans:
    """The plans of a document's selections, shared by its executions.

    `by_fields` has them by type and by the id of the fields; the fields are kept, too, so that no other fields can have
    this id. `subfields` is graphql-core's cache of the fields of each selection. `page` is what the document's only
    operation selects, where it is one page of columns; it is sought at the first execution.
    """

    by_fields: dict[tuple[str, int], tuple[Fields, _Plan]] = field(
        default_factory=dict[tuple[str, int], tuple[Fields, _Plan]]
    )
    subfields: dict[tuple[Any, ...], Fields] = field(default_factory=dict[tuple[Any, ...], Fields])
    seeks_page: bool = False
    page: RootPage | None = None


class Reads:
    """The base of a context that learns, before the first resolver runs, what its operation selects.

    `reads_once`: of one root field only plain fields are selected, so that nothing is read after its resolver.
    """

    reads_once = False


class Completion(ExecutionContext):
    """An execution that completes plain fields directly."""

    plans: Plans

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.share(Plans())

    @classmethod
    def build(cls, schema: Any, document: DocumentNode, *given: Any, **more: Any) -> Any:
        """See `ExecutionContext`; uses the plans that `keep_plans` has given to the document."""
        built = cast(Any, super()).build(schema, document, *given, **more)
        plans = vars(document).get(_KEPT)
        if isinstance(built, cls) and plans is not None:
            built.share(plans)
        return built

    def share(self, plans: Plans) -> None:
        """Uses these plans, and adds to them."""
        self.plans, self._subfields_cache = plans, cast(Any, plans.subfields)

    def execute_fields(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, fields: Fields
    ) -> Any:
        """The results of the fields, in the order of the selection; awaitable where one of them is."""
        if path is None:
            self._announce(parent_type, fields)
            return self._executed(parent_type, source_value, path, fields)
        plain, is_all = self._plan(parent_type, fields)
        found = {name: one.value(source_value) for name, one in plain.items()}
        if is_all and _UNUSUAL not in found.values():
            return found
        quick = {name: value for name, value in found.items() if value is not _UNUSUAL}
        rest = {name: nodes for name, nodes in fields.items() if name not in quick}
        others = self._executed(parent_type, source_value, path, rest)
        if self.is_awaitable(others):
            return _awaited(fields, quick, cast("Awaitable[dict[str, Any]]", others))
        return _merged(fields, quick, cast("dict[str, Any]", others))

    def _announce(self, root_type: GraphQLObjectType, fields: Fields) -> None:
        if self.plans.seeks_page:
            self.plans.seeks_page = False
            self.plans.page = root_page(root_type, fields, self.collect_subfields)
        if isinstance(self.context_value, Reads) and len(fields) == 1:
            (nodes,) = fields.values()
            definition = root_type.fields.get(nodes[0].name.value)
            is_plain = definition is not None and self._value(definition.type, nodes) is not None
            self.context_value.reads_once = is_plain

    def _executed(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, fields: Fields
    ) -> Any:
        """graphql-core's results of the fields. A single field is awaited without a task of its own."""
        if len(fields) != 1:
            return super().execute_fields(parent_type, source_value, path, fields)
        ((name, nodes),) = fields.items()
        result = self.execute_field(parent_type, source_value, nodes, Path(path, name, parent_type.name))
        if self.is_awaitable(result):
            return _named(name, cast("Awaitable[Any]", result))
        return {} if result is Undefined else {name: result}

    def _plan(self, parent_type: GraphQLObjectType, fields: Fields) -> _Plan:
        key = (parent_type.name, id(fields))
        found = self.plans.by_fields.get(key)
        if found is None:
            found = self.plans.by_fields[key] = (fields, self._made(parent_type, fields))
        return found[1]

    def _made(self, parent_type: GraphQLObjectType, fields: Fields) -> _Plan:
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return {}, False
        found = ((name, self._field(parent_type, nodes)) for name, nodes in fields.items())
        plain = {name: one for name, one in found if one is not None}
        return plain, len(plain) == len(fields)

    def _field(self, parent_type: GraphQLObjectType, nodes: list[FieldNode]) -> _Plain | None:
        """None where the field is not plain."""
        name = nodes[0].name.value
        if name == "__typename":
            return _Plain(lambda _: parent_type.name, _same)
        definition = parent_type.fields.get(name, _MISSING)
        known: object = definition.extensions.get(DEFINITION)
        if not isinstance(known, StrawberryField) or known.extensions or definition.args:
            return None
        read, write = reader_of(known), self._value(definition.type, nodes)
        return None if read is None or write is None else _Plain(read, write)

    def _value(self, kind: Any, nodes: list[FieldNode]) -> Write | None:
        if isinstance(kind, GraphQLNonNull):
            return self._required(cast(Any, kind).of_type, nodes)
        required = self._required(kind, nodes)
        return None if required is None else _optional(required)

    def _required(self, kind: Any, nodes: list[FieldNode]) -> Write | None:
        if isinstance(kind, GraphQLList):
            entry = self._value(cast(Any, kind).of_type, nodes)
            return None if entry is None else _listed(entry)
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, nodes)
        return writer_of(kind) if is_leaf_type(kind) else None

    def _object(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> Write | None:
        definition = kind.extensions.get(DEFINITION)
        if not isinstance(definition, StrawberryObjectDefinition) or kind.is_type_of is not None:
            return None
        try:
            fields = self.collect_subfields(kind, nodes)
        except (
            GraphQLError
        ):  # a directive's variable is null; graphql-core reports it at each object that has it
            return None
        plain, is_all = self._plan(kind, fields)
        generic = definition.concrete_of or definition  # the class that a generic type's objects have
        return _completed(generic.origin, plain) if is_all else None


def keep_plans(document: DocumentNode) -> None:
    """Lets all executions of the document share their plans, unless its variables decide what is selected."""
    found = _Conditions()
    visit(document, found)
    if not found.are_variable:
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        vars(document)[_KEPT] = Plans(
            seeks_page=len(operations) == 1 and operations[0].operation is OperationType.QUERY
        )


def kept_page(document: DocumentNode) -> RootPage | None:
    """The page that an execution of the document has found, if it selects nothing else."""
    plans: Plans | None = vars(document).get(_KEPT)
    return None if plans is None else plans.page


_KEPT = "kept_plans"


class _Conditions(Visitor):
    """Whether a directive such as `@include` depends on a variable."""

    def __init__(self) -> None:
        super().__init__()
        self.are_variable = False

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        values = (argument.value for argument in node.arguments)
        self.are_variable |= any(isinstance(value, VariableNode) for value in values)


def _merged(fields: Fields, quick: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: quick[name] if name in quick else others[name]
        for name in fields
        if name in quick or name in others
    }


async def _awaited(
    fields: Fields, quick: Mapping[str, Any], others: Awaitable[Mapping[str, Any]]
) -> dict[str, Any]:
    return _merged(fields, quick, await others)


async def _named(name: str, result: Awaitable[Any]) -> dict[str, Any]:
    return {name: await result}


def _same(value: Any) -> Any:
    return value


def _optional(required: Write) -> Write:
    return lambda value: None if value is None else required(value)


def _listed(entry: Write) -> Write:
    def write(values: Any) -> Any:
        if type(values) not in (list, tuple):
            raise Unusual
        return [entry(value) for value in values]

    return write


_CALL: Callable[[Any, Any], Any] = cast(Any, call)
"""A function called with one value; `operator.call` is typed for all functions."""


def _completed(origin: type, fields: Mapping[str, _Plain]) -> Write:
    """`origin` is the class of the objects; graphql-core completes an object of any other class, such as an error.

    The loop over the fields is the interpreter's own: a page has hundreds of values.
    """
    readers, writers = [one.read for one in fields.values()], [one.write for one in fields.values()]

    def write(source: Any) -> Any:
        if not isinstance(source, origin):
            raise Unusual
        return dict(zip(fields, map(_CALL, writers, map(_CALL, readers, repeat(source))), strict=True))

    return write
