"""One GraphQL operation as a client sent it, checked before anything of it is executed.

HTTP requests and websocket messages pass the same checks, so both refuse the same operations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from graphql import (
    DocumentNode,
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    Visitor,
    parse,
    visit,
)

from adapters.strict_json import named_once, no_constant
from domain.errors import InvalidInput
from domain.number import finite
from domain.text import is_storable, texts_in

_TOKENS = 5_000
"""The largest number of tokens of a document that is examined here; the limits of the schema are stricter."""
_LONGEST = 100_000
"""The most characters of a document; comments and blanks are no tokens, and reading them takes time, too."""
_SHOWN = 80
_LONGEST_NUMBER = 100
"""The most characters of a number in JSON or in a document, before it is converted."""
_KNOWN, _SHORT = 500, 10_000
"""The number of documents whose examination is remembered, and the largest number of their characters."""
_OPTIONAL: Mapping[str, tuple[type, str]] = {
    "query": (str, "a text"),
    "variables": (dict, "an object"),
    "operationName": (str, "a text"),
    "extensions": (dict, "an object"),
}
"""The fields of a request, each with the type of its value; null is the same as a field that is left out."""


def read_json(data: str | bytes) -> object:
    """The decoded JSON value.

    Raises ValueError for text that is no JSON as RFC 8259 defines it (NaN and Infinity are none), for an object that
    has a name twice, for values nested too deeply, and for numbers that are too large or have too many digits.
    """
    try:
        return json.loads(
            data,
            object_pairs_hook=named_once,
            parse_constant=no_constant,
            parse_float=lambda text: finite(_short(text)),
            parse_int=lambda text: int(_short(text)),
        )
    except RecursionError as fault:
        raise ValueError("it is nested too deeply") from fault


def check_operation(request: Mapping[str, object]) -> OperationType | None:
    """Checks the fields of a request, all its texts, and that it names one operation of its document; returns the
    operation's type.

    Raises InvalidInput where a field has a wrong type, where a text cannot be stored, and where the document has
    several operations and the request names none of them. A document that cannot be parsed passes, with the type None,
    because the schema reports its errors with their places.
    """
    for name, (kind, described) in _OPTIONAL.items():
        value = request.get(name)
        if value is not None and not isinstance(value, kind):
            raise InvalidInput(f"`{name}` must be {described} or null")
    query, chosen = request.get("query"), request.get("operationName")
    if not query:
        raise InvalidInput("the request has no `query`")
    if len(cast(str, query)) > _LONGEST:
        raise InvalidInput(f"the document has more than {_LONGEST:,} characters")
    _check_texts({name: request.get(name) for name in _OPTIONAL})
    return _checked(cast(str, query), cast("str | None", chosen))


def syntax_fault(query: str) -> GraphQLError | None:
    """The fault of a document that cannot be parsed, with its place; None for any other document."""
    try:
        parse(query, max_tokens=_TOKENS, no_location=True)
    except GraphQLError as fault:
        return fault
    except RecursionError:
        return GraphQLError("the document is nested too deeply")
    return None


def check_text(text: str) -> None:
    """Raises InvalidInput for a text that not every log and store can hold (`domain.text`)."""
    if not is_storable(text):
        raise InvalidInput("a text has a character that cannot be stored: NUL, or half of a surrogate pair")


def _check_texts(value: object) -> None:
    try:
        for text in texts_in(value):
            check_text(text)
    except ValueError as fault:
        raise InvalidInput(f"the request cannot be read: {fault}") from None


@dataclass(frozen=True, slots=True)
class _Document:
    """A document's operations with their names (None for one without a name), and the fault of one of its texts."""

    operations: tuple[tuple[str | None, OperationType], ...]
    fault: str


def _checked(query: str, chosen: str | None) -> OperationType | None:
    document = _known(query) if len(query) <= _SHORT else _read(query)
    if document is None:
        return None
    if document.fault:
        raise InvalidInput(document.fault)
    return _chosen(document.operations, chosen)


def _chosen(operations: Sequence[tuple[str | None, OperationType]], chosen: str | None) -> OperationType:
    if chosen is None and len(operations) > 1:
        raise InvalidInput(
            f"the document has {len(operations)} operations: name the one to execute in `operationName`"
        )
    found = next((kind for name, kind in operations if chosen in (None, name)), None)
    if found is None:
        named = "no operation" if chosen is None else f"no operation named {chosen[:_SHOWN]!r}"
        raise InvalidInput(f"the document has {named}")
    return found


def _read(query: str) -> _Document | None:
    """None for a document that cannot be parsed, also because it is nested too deeply or has too many tokens."""
    try:
        parsed = parse(query, no_location=True, max_tokens=_TOKENS)
    except (GraphQLError, RecursionError):
        return None
    return _Document(_operations(parsed), _fault_of(parsed))


_known = lru_cache(_KNOWN)(_read)


def _operations(document: DocumentNode) -> tuple[tuple[str | None, OperationType], ...]:
    found = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    names: list[Any] = [one.name for one in found]  # may be None, which graphql-core's types do not declare
    return tuple(
        (None if name is None else str(name.value), one.operation)
        for name, one in zip(names, found, strict=True)
    )


def _fault_of(document: DocumentNode) -> str:
    texts = _Literals()
    visit(document, texts)
    return texts.fault


def _short(number: str) -> str:
    """The number as it is written. Raises ValueError where it has too many digits to be converted."""
    if len(number) > _LONGEST_NUMBER:
        raise ValueError(f"a number has more than {_LONGEST_NUMBER} digits")
    return number


class _Literals(Visitor):
    """Checks the texts and numbers that are written in a document, where an escape can stand for any character."""

    def __init__(self) -> None:
        super().__init__()
        self.fault = ""

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        try:
            check_text(node.value)
        except InvalidInput as fault:
            self.fault = str(fault)

    def enter_int_value(self, node: IntValueNode, *_: object) -> None:
        self._number(node.value)

    def enter_float_value(self, node: FloatValueNode, *_: object) -> None:
        self._number(node.value)

    def _number(self, text: str) -> None:
        try:
            finite(_short(text))
        except ValueError as fault:
            self.fault = f"the document has a number that cannot be read: {fault}"
