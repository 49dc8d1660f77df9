"""Hypothesis strategies for events, derived from the shapes of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of
from domain.events import NOUNS, schema_version
from domain.log import Envelope, Meta

_TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
_NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
_MOMENTS = st.datetimes(timezones=st.just(UTC))

_PLAIN: Mapping[Plain, st.SearchStrategy[Any]] = {
    Plain.TEXT: _TEXT,
    Plain.MONEY: st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15),
    Plain.COUNT: st.integers(-(2**63) + 1, 2**63 - 1),
    Plain.OPINION: st.floats(allow_nan=False, allow_infinity=False),
    Plain.FLAG: st.booleans(),
    Plain.MOMENT: _MOMENTS,
    Plain.IDENTITY: st.uuids(),
}


def instances(owner: type) -> st.SearchStrategy[Any]:
    """Instances of a class of the domain."""
    return st.builds(owner, **{name: _values(shape) for name, shape in fields_of(owner)})


def envelopes_of(event: type) -> st.SearchStrategy[Envelope]:
    """Envelopes of one event class with its current schema version."""
    return st.builds(Envelope, _metas(schema_version(event)), instances(event))


def envelopes() -> st.SearchStrategy[Envelope]:
    """Envelopes of all event classes."""
    return st.one_of([envelopes_of(event) for events in NOUNS.values() for event in events])


def _metas(version: int) -> st.SearchStrategy[Meta]:
    causes = st.one_of(
        st.uuids().map(str), st.just("candle:BTCUSDT-LINEAR.BYBIT:5m:2026-03-01T12:00:00Z"), _NAME
    )
    return st.builds(
        Meta,
        event_id=st.uuids(),
        stream=_NAME,
        version=st.integers(1, 2**40),
        correlation_id=_NAME,
        causation_id=causes,
        occurred_at=_MOMENTS,
        recorded_at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        account=_NAME,
        actor=_NAME,
        source=_NAME,
        schema_version=st.just(version),
    )


def _values(shape: Shape) -> st.SearchStrategy[Any]:
    match shape:
        case Plain():
            return _PLAIN[shape]
        case Choice(of):
            return st.sampled_from(list(of))
        case Part(of):
            return instances(of)
        case Maybe(inner):
            return st.none() | _values(inner)
        case Many(item):
            return st.lists(_values(item), max_size=3).map(tuple)
        case Named(value):
            return st.dictionaries(_TEXT, _values(value), max_size=3)
