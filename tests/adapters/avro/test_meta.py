"""A decoded meta and event equal the encoded ones and are immutable."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from adapters.avro.codec import AvroCodec
from domain.log import Envelope, Meta
from tests.replacing import replace
from tests.schemas.samples import SAMPLES

_CODEC = AvroCodec()
_FILL = SAMPLES["whence.order.OrderFilled"]
_DATA = _CODEC.encode(_FILL)
META = _FILL.meta


@pytest.fixture
def read() -> Meta:
    return _CODEC.decode(_DATA).meta


def test_a_decoded_meta_equals_the_encoded_one(read: Meta) -> None:
    assert read == META
    assert hash(read) == hash(META)
    assert repr(read) == repr(META)
    assert read != replace(META, version=5)


def test_a_decoded_meta_can_be_copied_replaced_and_pickled(read: Meta) -> None:
    assert replace(read, version=9) == replace(META, version=9)
    assert copy.copy(read) == copy.deepcopy(read) == META
    assert pickle.loads(pickle.dumps(read)) == META  # noqa: S301  (the test's own bytes)


@pytest.mark.parametrize("name", Meta.__struct_fields__)
def test_a_decoded_meta_refuses_assignment(read: Meta, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(read, name, "x")
    assert read == META


def test_a_decoded_event_refuses_assignment() -> None:
    envelope: Any = _CODEC.decode(_DATA)
    for whole, name in ((envelope, "event"), (envelope.event, "price")):
        with pytest.raises(AttributeError):
            setattr(whole, name, None)


def test_metas_that_differ_in_their_last_fields_are_read_unchanged() -> None:
    """The reader caches the last fields of the previous meta; a cached value must not replace a different one."""
    metas = [
        replace(META, **{name: value})
        for name in ("account", "actor", "source")
        for value in ("main", "mai", "mainn", "engine", "x" * 100)
    ]
    data = [_CODEC.encode(Envelope(meta, _FILL.event)) for meta in metas]
    for _ in range(2):
        assert [_CODEC.decode(one).meta for one in data] == metas


def test_metas_read_by_several_threads_at_once_are_read_unchanged() -> None:
    metas = [
        replace(
            META,
            version=number,
            account=f"account {number % 3}",
            actor=f"actor {number % 5}",
            occurred_at=META.occurred_at + timedelta(seconds=number),
        )
        for number in range(1, 300)
    ]
    data = [_CODEC.encode(Envelope(meta, _FILL.event)) for meta in metas]
    with ThreadPoolExecutor(4) as pool:
        read = pool.map(_metas_in, [data] * 8)
    assert all(one == metas for one in read)


def _metas_in(data: Sequence[bytes]) -> Sequence[Meta]:
    return [_CODEC.decode(one).meta for one in data]


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1978, 12, 2, 19, 29, 36, 710_655, tzinfo=UTC),
        datetime(1978, 12, 2, 19, 29, 36, 710_656, tzinfo=UTC),
        datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2))),
        datetime(3111, 9, 16, 23, 10, 18, 963_968, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_a_time_is_decoded_unchanged_before_and_after_it_is_cached(moment: datetime) -> None:
    meta = replace(META, occurred_at=moment)
    for _ in range(2):
        read = _CODEC.decode(_CODEC.encode(Envelope(meta, _FILL.event))).meta
        assert read == meta
        assert read.occurred_at.tzinfo is UTC
