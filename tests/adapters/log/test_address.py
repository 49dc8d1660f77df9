"""The address of a log: parsed, written back, and never shown with a password."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.log.address import (
    Address,
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
)
from domain.errors import InvalidInput

READ: list[tuple[str, Address]] = [
    ("sqlite:///whence.db", SqliteAddress(Path("whence.db"))),
    ("sqlite:////var/lib/whence.db", SqliteAddress(Path("/var/lib/whence.db"))),
    ("sqlite:///a%20b/%3F.db", SqliteAddress(Path("a b/?.db"))),
    ("kafka://localhost:9092/whence.events", KafkaAddress("localhost:9092", "whence.events", 0)),
    ("kafka://a:1,b:2/t?partition=12", KafkaAddress("a:1,b:2", "t", 12)),
    ("kafka://[::1]:9092/t", KafkaAddress("[::1]:9092", "t", 0)),
    ("postgresql://me:secret@host:5433/db", PostgresAddress("host", 5433, "db", "me", "secret")),
    ("postgresql://me:p%40ss%2F@host/db", PostgresAddress("host", 5432, "db", "me", "p@ss/")),
    ("postgresql://host/db", PostgresAddress("host", 5432, "db", "postgres", "")),
    ("memory:", MemoryAddress()),
]


@pytest.mark.parametrize(("url", "address"), READ)
def test_a_valid_address_is_parsed(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(("url", "address"), READ)
def test_a_shown_address_is_parsed_as_the_same_place(url: str, address: Address) -> None:
    shown = parse_address(str(address))
    assert str(shown) == str(address)
    assert isinstance(address, PostgresAddress) or shown == address


def test_a_password_is_never_shown() -> None:
    address = parse_address("postgresql://me:hushhush@host/db")
    assert "hushhush" not in f"{address} {address!r} {[address]}"
    assert str(address) == "postgresql://me@host:5432/db"


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused_with_examples(text: str) -> None:
    for url in (text, f"sqlite:///{text}", f"kafka://{text}", f"kafka://h:1/{text}", f"postgresql://{text}"):
        try:
            parse_address(url)
        except InvalidInput as refusal:
            assert "write sqlite:///whence.db" in str(refusal)  # noqa: PT017 - it need not be raised


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="%"), min_size=8, max_size=20))
def test_a_refusal_does_not_repeat_a_password(password: str) -> None:
    """The password is not repeated, even where the address has it in a wrong place."""
    secret = f"q{password}q"
    for url in (
        f"postgresql://me:{secret}@host",
        f"mysql://me:{secret}@host/db",
        f"kafka://me:{secret}@h:1/t",
    ):
        try:
            parse_address(url)
        except InvalidInput as refusal:
            assert secret not in str(refusal)  # noqa: PT017 - it need not be raised
