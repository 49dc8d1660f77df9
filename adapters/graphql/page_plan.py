"""Writes a page of a list as JSON, column by column, without an object for any of its rows.

A plan is made of what a document selects of a list: cursors, the place of the page, and fields that are columns of the
list's table. A plan reads only these columns and writes values that the program itself has recorded. It raises an
exception for any other value; graphql-core then executes the document, with its own result or error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import repeat
from math import isfinite
from typing import Any, cast

import msgspec
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from strawberry.types.field import StrawberryField

from adapters.graphql.as_of import When
from adapters.graphql.leaves import DEFINITION, LARGEST_INT, Unusual
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import time_text
from projections.catalogue import PROJECTIONS
from projections.columns import Kind
from projections.questions.listing import Listing
from projections.questions.page import RecordedPage, Wanted, recorded_page
from projections.source import Source

Collect = Callable[[GraphQLObjectType, list[FieldNode]], Mapping[str, list[FieldNode]]]
"""graphql-core's selected fields of a type, by response name."""
Column = Sequence[Any]
WriteColumn = Callable[[Column], Column]
"""From the recorded values of a column to their responses. Raises an exception for an unusual value."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of the schema, as the metadata `LISTED` of its field.

    `requested` returns the page and the moment that the arguments of the field name; it raises InvalidInput.
    """

    listing: Listing
    nodes: Nodes[Any]
    requested: Callable[..., tuple[Wanted, When | None]]


LISTED = "listed"


class NoPlan(Exception):
    """The document selects something that is not a column."""


@dataclass(slots=True)
class _Rows:
    """The page whose parts are written, with its cursors once they are needed."""

    page: RecordedPage
    _cursors: Sequence[str] | None = None

    @property
    def cursors(self) -> Sequence[str]:
        if self._cursors is None:
            self._cursors = self.page.cursors()
        return self._cursors


_Part = Callable[[_Rows], Any]
"""One field of an object, or of the objects of all rows: then a sequence with a value for each row."""


@dataclass(frozen=True, slots=True)
class PagePlan:
    """How one document's selection of a list is read and written."""

    listing: Listing
    columns: tuple[str, ...]
    write: _Part = field(repr=False)

    def written(self, source: Source, wanted: Wanted) -> msgspec.Raw:
        """The page as JSON. Raises what `projections.questions.page.page` raises, and an exception for an unusual
        value."""
        found = recorded_page(source, self.listing, wanted, self.columns)
        return msgspec.Raw(_JSON.encode(self.write(_Rows(found))))


_JSON = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class RootPage:
    """The only root field of an operation, where it is a list that a plan writes; `name` is that of the response."""

    name: str
    nodes: list[FieldNode]
    definition: GraphQLField
    field: StrawberryField
    listed: Listed
    plan: PagePlan


def root_page(
    root: GraphQLObjectType, fields: Mapping[str, list[FieldNode]], collect: Collect
) -> RootPage | None:
    """The page that the fields of a query select; None where they select anything else than columns of one list."""
    if len(fields) != 1:
        return None
    ((name, nodes),) = fields.items()
    definition = root.fields.get(nodes[0].name.value)
    known: object = None if definition is None else definition.extensions.get(DEFINITION)
    listed = known.metadata.get(LISTED) if isinstance(known, StrawberryField) else None
    if definition is None or not isinstance(known, StrawberryField) or not isinstance(listed, Listed):
        return None
    making = _Making(listed.listing, listed.nodes.of, collect)
    try:
        write = making.connection(_named(definition.type), nodes)
    except NoPlan:
        return None
    plan = PagePlan(listed.listing, tuple(making.columns), write)
    return RootPage(name, nodes, definition, known, listed, plan)


class _Making:
    """Makes the parts of one plan. `columns` has the columns that they read, each with its index."""

    def __init__(self, listing: Listing, made: NodeMaker[Any], collect: Collect) -> None:
        self._kinds, self._made, self._collect = _kinds_of(listing.table), made, collect
        self.columns: dict[str, int] = {}

    def connection(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> _Part:
        return self._object(kind, nodes, {"edges": self._edges, "pageInfo": self._page_info})

    def _edges(self, kind: Any, nodes: list[FieldNode]) -> _Part:
        return self._objects(_named(kind), nodes, {"cursor": _cursors, "node": self._nodes})

    def _nodes(self, kind: Any, nodes: list[FieldNode]) -> _Part:
        made = _named(kind)
        return self._objects(made, nodes, dict.fromkeys(made.fields, partial(self._column, made)))

    def _page_info(self, kind: Any, nodes: list[FieldNode]) -> _Part:
        return self._object(_named(kind), nodes, _PLACE)

    def _column(self, made: GraphQLObjectType, kind: Any, nodes: list[FieldNode]) -> _Part:
        known: object = made.fields[nodes[0].name.value].extensions.get(DEFINITION)
        if (
            not isinstance(known, StrawberryField)
            or known.extensions
            or cast(Any, known).base_resolver is not None
        ):
            raise NoPlan
        column = self._made.columns.get(known.python_name)
        if column is None or column not in self._kinds:
            raise NoPlan
        write = _writer(kind, self._kinds[column], self._made.words.get(known.python_name))
        index = self.columns.setdefault(column, len(self.columns))
        return lambda rows: write(rows.page.columns[index])

    def _object(self, kind: GraphQLObjectType, nodes: list[FieldNode], known: Mapping[str, _Make]) -> _Part:
        parts = self._parts(kind, nodes, known, lambda name: lambda _: name)
        return lambda rows: {name: part(rows) for name, part in parts.items()}

    def _objects(self, kind: GraphQLObjectType, nodes: list[FieldNode], known: Mapping[str, _Make]) -> _Part:
        parts = self._parts(kind, nodes, known, lambda name: lambda rows: [name] * rows.page.count)
        names, of_all = repeat(tuple(parts)), tuple(parts.values())
        return lambda rows: list(
            map(dict, map(zip, names, zip(*(part(rows) for part in of_all), strict=True)))
        )

    def _parts(
        self,
        kind: GraphQLObjectType,
        nodes: list[FieldNode],
        known: Mapping[str, _Make],
        typename: Callable[[str], _Part],
    ) -> Mapping[str, _Part]:
        found: dict[str, _Part] = {}
        for response, selected in self._collect(kind, nodes).items():
            name = selected[0].name.value
            if name == "__typename":
                found[response] = typename(kind.name)
            elif name in known:
                found[response] = known[name](kind.fields[name].type, selected)
            else:
                raise NoPlan
        return found


_Make = Callable[[Any, list[FieldNode]], _Part]


def _cursors(_kind: object, _nodes: object) -> _Part:
    return lambda rows: rows.cursors


def _of_page(part: _Part) -> _Make:
    return lambda _kind, _nodes: part


_PLACE: Mapping[str, _Make] = {
    "hasNextPage": _of_page(lambda rows: rows.page.has_next),
    "hasPreviousPage": _of_page(lambda rows: rows.page.has_previous),
    "startCursor": _of_page(lambda rows: next(iter(rows.cursors), None)),
    "endCursor": _of_page(lambda rows: next(reversed(rows.cursors), None)),
}


def _named(kind: Any) -> GraphQLObjectType:
    return cast(GraphQLObjectType, get_named_type(kind))


@lru_cache(maxsize=256)
def _kinds_of(table: str) -> Mapping[str, Kind]:
    specs = {spec.name: spec for one in PROJECTIONS.values() for spec in one.tables}
    return specs[table].columns


def _writer(kind: Any, column: Kind, words: type | None) -> WriteColumn:
    """The writer of a column. Raises NoPlan where the type of the field is not written from this kind of column."""
    if isinstance(kind, GraphQLNonNull):
        return _required(cast(Any, kind).of_type, column, words)
    return partial(_optional, _required(kind, column, words))


def _required(kind: Any, column: Kind, words: type | None) -> WriteColumn:
    if isinstance(kind, GraphQLEnumType) and words is not None:
        return partial(_words, {one.value: name for name, one in kind.values.items()})
    write = _WRITERS.get((kind.name, column.name.removesuffix("?"))) if is_leaf_type(kind) else None
    if write is None:
        raise NoPlan
    return write


def _optional(write: WriteColumn, values: Column) -> Column:
    present = [value for value in values if value is not None]
    if len(present) == len(values):
        return write(values)
    written = iter(write(present))
    return [None if value is None else next(written) for value in values]


def _words(names: Mapping[str, str], values: Column) -> Column:
    return [names[value] for value in values]


def _checked(kind: type, values: Column) -> Column:
    if not set(map(type, values)) <= {kind}:
        raise Unusual
    return values


def _decimals(values: Column) -> Column:
    """Recorded decimals are in plain notation, as in a response. All values are matched together, each with a line's
    end, which is five times as fast as one by one."""
    lines = "\n".join((*_checked(str, values), ""))
    if lines.count("\n") != len(values) or _PLAIN.fullmatch(lines) is None:
        raise Unusual
    return values


_PLAIN = re.compile(r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\n)*")


def _times(values: Column) -> Column:
    return list(map(_time_text, _checked(int, values)))


@lru_cache(maxsize=8192)
def _time_text(microseconds: int) -> str:
    """The newest rows are read again and again."""
    return time_text(_EPOCH + timedelta(microseconds=microseconds))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _whole(values: Column) -> Column:
    if values and not -LARGEST_INT <= min(_checked(int, values)) <= max(values) <= LARGEST_INT:
        raise Unusual
    return values


def _figures(values: Column) -> Column:
    if not all(map(isfinite, _checked(float, values))):
        raise Unusual
    return values


_WRITERS: Mapping[tuple[str, str], WriteColumn] = {
    ("String", "text"): partial(_checked, str),
    ("ID", "text"): partial(_checked, str),
    ("Decimal", "money"): _decimals,
    ("DateTime", "moment"): _times,
    ("Int", "count"): _whole,
    ("Ordinal", "count"): partial(_checked, int),
    ("Boolean", "flag"): partial(_checked, bool),
    ("Float", "figure"): _figures,
}
"""By the type of the field and the kind of the column."""
