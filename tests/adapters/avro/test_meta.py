"""A meta that was read is a Meta in every respect, though it reads its ids and times when asked."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from adapters.avro.codec import AvroCodec
from domain.log import Meta
from tests.schemas.samples import SAMPLES

_CODEC = AvroCodec()
_FILL = SAMPLES["whence.order.OrderFilled"]
_DATA = _CODEC.encode(_FILL)
META = _FILL.meta


@pytest.fixture
def read() -> Meta:
    return _CODEC.decode(_DATA).meta


def test_it_equals_the_one_written_from_either_side(read: Meta) -> None:
    assert read == META
    assert _CODEC.decode(_DATA).meta == META
    assert read == _CODEC.decode(_DATA).meta
    assert hash(read) == hash(META)
    assert read != dataclasses.replace(META, version=5)


def test_it_says_of_itself_what_a_meta_says(read: Meta) -> None:
    assert isinstance(read, Meta)
    assert repr(read) == repr(META)
    assert dataclasses.asdict(read) == dataclasses.asdict(META)


def test_it_can_be_copied_replaced_and_sent(read: Meta) -> None:
    assert dataclasses.replace(read, version=9) == dataclasses.replace(META, version=9)
    assert copy.copy(read) == copy.deepcopy(read) == META
    assert pickle.loads(pickle.dumps(read)) == META  # noqa: S301  (its own bytes)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Meta)])
def test_it_is_frozen(read: Meta, name: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(read, name, "x")
    assert read == META


def test_what_was_asked_once_is_not_read_again(read: Meta) -> None:
    assert read.event_id is read.event_id
    assert read.occurred_at is read.occurred_at
    assert read.causation_id is read.causation_id


def test_threads_that_ask_at_once_agree() -> None:
    fields = [field.name for field in dataclasses.fields(Meta)]

    def ask(meta: Any) -> list[Any]:
        return [getattr(meta, name) for name in fields]

    told = ask(META)
    with ThreadPoolExecutor(8) as threads:
        for _ in range(200):
            meta = _CODEC.decode(_DATA).meta
            assert all(answer == told for answer in threads.map(ask, [meta] * 8))


def test_an_event_that_was_read_is_frozen() -> None:
    envelope: Any = _CODEC.decode(_DATA)
    for whole, name in ((envelope, "event"), (envelope.event, "price")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(whole, name, None)
