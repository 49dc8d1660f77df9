"""A cursor is read only if a program with the store's key has made it, whatever values it claims to hold."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b, sha256
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.errors import InvalidInput
from projections.cursor_key import KEYS, cursor_key
from projections.questions.cursor import Cursors, RowPlace
from projections.store import writing

CURSORS = Cursors(b"k" * 32)
ORDER = "orders.NOTIONAL.DESC"
PLACES = [7, "BTCUSDT", 0.5, Decimal("1.50"), datetime(2026, 3, 2, 14, 0, 0, 5, tzinfo=UTC)]
HOSTILE: list[tuple[str, Any]] = [
    ("Decimal", "1e400000000"),
    ("Decimal", "9" * 3_000),
    ("int", 10**300),
    ("datetime", 10**30),
    ("str", "\0"),
    ("list", []),
]


def text(tag: bytes, body: bytes) -> str:
    return urlsafe_b64encode(tag + body).decode().rstrip("=")


def body(kind: str, value: Any, version: int = 2) -> bytes:
    return json.dumps([version, ORDER, kind, value, 1], separators=(",", ":")).encode()


@pytest.mark.parametrize("value", PLACES)
def test_a_cursor_that_was_made_with_the_key_is_read(value: Any) -> None:
    place = RowPlace(value, 12)
    assert CURSORS.decode(ORDER, CURSORS.encode(ORDER, place)) == place


@pytest.mark.parametrize(("kind", "value"), HOSTILE)
@pytest.mark.parametrize("forge", ["without a key", "with another key", "as before version 2"])
def test_a_forged_cursor_is_refused_before_its_value_is_read(kind: str, value: Any, forge: str) -> None:
    hostile = body(kind, value, 1 if "before" in forge else 2)
    tags = {
        "without a key": b"\0" * 16,
        "with another key": hmac.digest(b"x" * 32, hostile, sha256)[:16],
        "as before version 2": blake2b(hostile, digest_size=6, person=b"cursor").digest(),
    }
    began = time.perf_counter()
    with pytest.raises(InvalidInput, match="is not a cursor"):
        CURSORS.decode(ORDER, text(tags[forge], hostile))
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("odd", ["", "=", "A", "AAAA", "\ud800", "ü", "7a%%%", "A" * 5_000, "A" * 1_000_000])
def test_a_text_that_is_no_cursor_is_refused(odd: str) -> None:
    with pytest.raises(InvalidInput, match="is not a cursor"):
        CURSORS.decode(ORDER, odd)


@pytest.mark.parametrize("more", ["%", "A", " ", "ü"])
def test_a_cursor_with_one_character_more_is_refused(more: str) -> None:
    with pytest.raises(InvalidInput, match="is not a cursor"):
        CURSORS.decode(ORDER, CURSORS.encode(ORDER, RowPlace(7, 12)) + more)


def test_a_cursor_of_another_list_is_refused_with_both_names() -> None:
    cursor = CURSORS.encode("fills.TIME.ASC", RowPlace(7, 12))
    with pytest.raises(InvalidInput, match=r"list fills\.TIME\.ASC, and this list is orders"):
        CURSORS.decode(ORDER, cursor)


def test_all_processes_of_a_store_share_one_key_and_a_new_store_has_a_new_key(store: Engine) -> None:
    key = cursor_key(store)
    assert len(key) == 32
    assert cursor_key(store) == key
    with writing(store) as connection:
        connection.execute(KEYS.delete())
    assert cursor_key(store) != key
