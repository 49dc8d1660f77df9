"""Our ids are equal to the standard library's UUIDs and behave like them."""

from __future__ import annotations

import copy
import pickle
import uuid
from hashlib import blake2b
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.log import chain_id, event_id, id_of, id_text

_STREAMS = st.text(st.characters(codec="utf-8"), max_size=60)
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = UUID("6f1f7a52-4a10-5d0c-9a44-5c2ab1f0e3d7")


@given(st.uuids(), _STREAMS, st.integers(1, 2**63 - 1))
def test_the_id_of_an_event_is_the_uuid5_of_its_stream_and_version(
    log_id: UUID, stream: str, version: int
) -> None:
    made = event_id(log_id, stream, version)
    assert made == uuid5(log_id, f"{stream}/{version}")
    assert made.version == 5
    assert made.variant == uuid.RFC_4122


@given(st.uuids(), _STREAMS, _STREAMS)
def test_the_id_of_a_chain_is_65_bits_of_a_keyed_hash_the_lowest_digit_first(
    log_id: UUID, account: str, fact: str
) -> None:
    digest = blake2b(f"{account}\n{fact}".encode(), digest_size=9, key=log_id.bytes).digest()
    bits = int.from_bytes(digest, "big") % 2**65
    made = chain_id(log_id, account, fact)
    assert len(made) == 13
    assert sum(_DIGITS.index(digit) << 5 * place for place, digit in enumerate(made)) == bits


def test_the_id_of_a_chain_never_changes() -> None:
    assert chain_id(_ID, "paper", "candle:BTCUSDT-LINEAR.BYBIT:5m:2026-03-01T12:00:00Z") == "hnfq1b4jr54a0"


@given(st.integers(0, 2**128 - 1))
def test_an_id_equals_the_standard_uuid_of_its_number(number: int) -> None:
    made, known = id_of(number), UUID(int=number)
    assert made == known
    assert hash(made) == hash(known)
    assert (str(made), repr(made), made.bytes, made.is_safe) == (
        str(known),
        repr(known),
        known.bytes,
        known.is_safe,
    )
    assert id_text(made) == str(known)
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == known  # noqa: S301  (its own bytes)


@pytest.mark.parametrize("name", ["int", "is_safe"])
def test_an_id_cannot_be_changed(name: str) -> None:
    with pytest.raises(TypeError):
        setattr(id_of(7), name, 8)
