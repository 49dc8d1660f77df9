"""A meta and an event that were read are like those that were written."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from adapters.avro.codec import AvroCodec
from domain.log import Meta
from tests.replacing import replace
from tests.schemas.samples import SAMPLES

_CODEC = AvroCodec()
_FILL = SAMPLES["whence.order.OrderFilled"]
_DATA = _CODEC.encode(_FILL)
META = _FILL.meta


@pytest.fixture
def read() -> Meta:
    return _CODEC.decode(_DATA).meta


def test_a_meta_read_equals_the_one_written(read: Meta) -> None:
    assert read == META
    assert read == META
    assert hash(read) == hash(META)
    assert repr(read) == repr(META)
    assert read != replace(META, version=5)


def test_a_meta_read_can_be_copied_replaced_and_pickled(read: Meta) -> None:
    assert replace(read, version=9) == replace(META, version=9)
    assert copy.copy(read) == copy.deepcopy(read) == META
    assert pickle.loads(pickle.dumps(read)) == META  # noqa: S301  (its own bytes)


@pytest.mark.parametrize("name", Meta.__struct_fields__)
def test_a_meta_read_cannot_be_changed(read: Meta, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(read, name, "x")
    assert read == META


def test_an_event_read_cannot_be_changed() -> None:
    envelope: Any = _CODEC.decode(_DATA)
    for whole, name in ((envelope, "event"), (envelope.event, "price")):
        with pytest.raises(AttributeError):
            setattr(whole, name, None)
