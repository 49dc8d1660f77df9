"""Inputs as bytes: every input comes back as it was, and what cannot be written or read is refused by name."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.avro.shape import is_record, names_of
from adapters.inputs.codec import Reader, Writer
from adapters.inputs.schema import Schema, newest
from commands.input_tape import Taped
from commands.inputs import MarketMoved, RequestMade, Tick
from commands.request import ChangeSettings, Requested
from commands.roles import Role
from domain.errors import InvalidInput, LogCorrupt, UnknownSchema
from domain.market import KnownPrice

AT = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Nothing is shrunk: the values are deep, and the message shows them."""
KINDS: tuple[type, ...] = get_args(Taped)

_EPOCH = datetime.fromtimestamp(0, UTC)
_PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    type(None): st.none(),
    Decimal: st.decimals(allow_nan=False),
    datetime: st.integers(0, 2**52).map(lambda number: _EPOCH + timedelta(microseconds=number)),
    timedelta: st.integers(-(2**52), 2**52).map(lambda number: timedelta(microseconds=number)),
    UUID: st.uuids(),
}


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


@cache
def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of this type, however deep."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if _is_enum(hint):
        return st.sampled_from(hint)
    if is_record(hint):
        hints = get_type_hints(hint, localns={"Role": Role})
        fields = {name: _later(hints[name]) for name in names_of(hint)}
        return st.fixed_dictionaries(fields).map(lambda values: cast("Any", hint)(**values))
    arguments = get_args(hint)
    if get_origin(hint) in (types.UnionType, Union):
        return st.one_of(*map(_values, arguments))
    if get_origin(hint) is tuple:
        items = st.lists(_values(arguments[0]), max_size=1) if arguments[-1] is ... else None
        return st.tuples(*map(_values, arguments)) if items is None else items.map(tuple)
    return st.dictionaries(_values(arguments[0]), _values(arguments[1]), max_size=2)


def _back(given: Taped) -> Taped:
    data = msgspec.msgpack.encode([msgspec.Raw(Writer().encode(AT, given))])
    ((at, found),) = Reader(newest()).decode(data)
    assert at == AT
    return found


def _later(hint: Any) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: _values(hint))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=12, phases=_PHASES)
@given(data=st.data())
def test_an_input_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    taped = data.draw(_values(kind))
    found = _back(taped)
    assert found == taped
    # Equal values may differ in their digits or their types: 1 == Decimal("1.0") == True.
    assert repr(found) == repr(taped)


def test_names_of_settings_come_back_whatever_they_are() -> None:
    changes = {"_": "1", "": "2", "risk.max_positions": "3"}
    requested = Requested(
        id="a", account="paper", actor="eve", valid_until=AT, request=ChangeSettings(changes), role=Role.ADMIN
    )
    made = RequestMade(AT, AT, requested)
    assert _back(made) == made


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Tick(datetime(2026, 3, 1)), "no zone"),  # noqa: DTZ001
        (MarketMoved(AT, (object(),)), "type object has no place"),  # type: ignore[arg-type]
        (Tick(cast("datetime", 2**70)), "Tick cannot be put on the tape"),
    ],
    ids=["a time without a zone", "a value of a foreign class", "a number beyond 64 bits"],
)
def test_a_value_that_cannot_be_read_back_is_refused(given: Taped, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Writer().encode(AT, given)


def _changed(name: str, fields: list[str] | None) -> Schema:
    """The newest schema with other fields of a class; None leaves the class out of it."""
    found = {one: list(names) for one, names in newest().fields.items()}
    if fields is None:
        found[f"{name}Gone"] = found.pop(name)
    else:
        found[name] = fields
    return Schema(7, b"\0" * 8, found)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (_changed("market.KnownPrice", None), "has no market.KnownPriceGone"),
        (_changed("market.KnownPrice", ["instrument", "weight"]), "market.KnownPrice has no weight"),
    ],
    ids=["a class that is gone", "a field that is gone"],
)
def test_a_schema_with_what_this_program_lacks_is_refused_by_name(schema: Schema, message: str) -> None:
    with pytest.raises(UnknownSchema, match=f"tape schema 7 .*{message}"):
        Reader(schema)


def test_a_field_that_an_earlier_schema_lacks_has_its_default() -> None:
    schema = newest()
    place = list(schema.fields).index("request.ChangeSettings")
    earlier = Schema(0, b"", {**schema.fields, "request.ChangeSettings": []})
    ((_, found),) = Reader(earlier).decode(msgspec.msgpack.encode([(AT, (place,))]))
    assert found == ChangeSettings()  # type: ignore[comparison-overlap]  # a part of an input, read alone


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", msgspec.msgpack.encode([[AT, [10_000]]]), msgspec.msgpack.encode([[AT, [-3, "x"]]]),
     msgspec.msgpack.encode([[AT, []]]), msgspec.msgpack.encode({"a": 1}), msgspec.msgpack.encode([AT])],
    ids=["nothing", "no code", "no class", "no number", "no kind", "no list", "no pair"],
)  # fmt: skip
def test_bytes_that_are_no_inputs_are_refused(data: bytes) -> None:
    with pytest.raises(LogCorrupt, match="no inputs of tape schema"):
        Reader(newest()).decode(data)


def test_a_price_keeps_its_digits() -> None:
    prices = tuple(Decimal(one) for one in ("1.10", "1E+3", "-0", "0.00000001", "Infinity"))
    moved = MarketMoved(AT, tuple(KnownPrice(instrument="X", at=AT, price=one) for one in prices))
    assert repr(_back(moved)) == repr(moved)
