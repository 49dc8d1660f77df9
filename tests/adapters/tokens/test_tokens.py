"""Tokens: no secret is stored, a token identifies its bearer, and a revoked token is soon refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from adapters.tokens.bearers import REMEMBERED_SECONDS, Bearers
from adapters.tokens.book import TokenBook
from adapters.tokens.table import TOKENS
from adapters.tokens.token import IN_A_TEXT, Token
from commands.caller import Caller
from commands.roles import Role
from domain.errors import InvalidInput, Unauthenticated

NOW = datetime(2026, 3, 2, 14, 0, 0, 123456, tzinfo=UTC)


class Clock:
    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def book(store: Engine) -> TokenBook:
    return TokenBook(store)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bearers(book: TokenBook, clock: Clock) -> Bearers:
    return Bearers(book, clock)


def test_a_token_as_text_can_be_parsed_and_found_in_a_text() -> None:
    token = Token.mint()
    assert Token.read(token.spelled) == token
    assert len(token.secret) == 43
    assert IN_A_TEXT.search(f"Bearer {token.spelled}!")
    assert token.secret not in repr(token)


@pytest.mark.parametrize(
    "text", ["", "whence_", "whence_0123456789ab_short", "Bearer x", "whence_0123456789ab_" + "é" * 43]
)
def test_a_text_that_is_not_a_token_is_parsed_as_none(text: str) -> None:
    assert Token.read(text) is None


def test_the_secret_of_a_token_is_not_stored(book: TokenBook, store: Engine) -> None:
    token = book.issue("desk", Role.TRADER, NOW)
    with store.connect() as connection:
        row = connection.execute(select(TOKENS)).one()
    assert token.secret not in repr(row)
    assert token.hash in row
    assert NOW in row


def test_a_token_identifies_the_name_and_role_it_was_issued_for(book: TokenBook, bearers: Bearers) -> None:
    token = book.issue("desk", Role.TRADER, NOW)
    assert bearers.caller(token.spelled) == Caller("desk", Role.TRADER, token.id)
    assert bearers.remembered(token.spelled) == Caller("desk", Role.TRADER, token.id)


def test_a_wrong_secret_is_refused_even_while_the_right_one_is_remembered(
    book: TokenBook, bearers: Bearers
) -> None:
    token = book.issue("desk", Role.TRADER, NOW)
    forged = Token(token.id, Token.mint().secret).spelled
    for _ in range(2):
        with pytest.raises(Unauthenticated, match="not in force"):
            bearers.caller(forged)
        bearers.caller(token.spelled)


def test_an_unknown_id_and_a_wrong_secret_are_refused_with_the_same_message(
    book: TokenBook, bearers: Bearers
) -> None:
    known = book.issue("desk", Role.TRADER, NOW)
    messages: set[str] = set()
    for guess in (Token.mint(), Token(known.id, Token.mint().secret)):
        with pytest.raises(Unauthenticated) as refused:
            bearers.caller(guess.spelled)
        messages.add(str(refused.value))
    assert len(messages) == 1


def test_a_revoked_token_is_refused_after_the_remembered_seconds(
    book: TokenBook, bearers: Bearers, clock: Clock
) -> None:
    token = book.issue("desk", Role.TRADER, NOW)
    bearers.caller(token.spelled)
    assert book.revoke("desk", NOW) == "desk"
    assert bearers.caller(token.spelled).name == "desk"
    clock.seconds += REMEMBERED_SECONDS
    with pytest.raises(Unauthenticated):
        bearers.caller(token.spelled)


def test_a_second_token_of_a_name_is_refused_until_the_first_is_revoked(book: TokenBook) -> None:
    first = book.issue("desk", Role.TRADER, NOW)
    with pytest.raises(InvalidInput, match="has a token already"):
        book.issue("desk", Role.ADMIN, NOW)
    book.revoke(first.id, NOW)
    second = book.issue("desk", Role.ADMIN, NOW)
    entries = {entry.id: entry for entry in book.entries()}
    assert entries[first.id].revoked_at == NOW
    assert entries[second.id].revoked_at is None


@pytest.mark.parametrize("name", ["", "anonymous", "Engine", "two words", "x" * 41, "0123456789ab", "-x"])
def test_an_invalid_or_reserved_name_is_refused(book: TokenBook, name: str) -> None:
    with pytest.raises(InvalidInput, match="not a name"):
        book.issue(name, Role.VIEWER, NOW)


def test_revoking_a_revoked_token_is_refused(book: TokenBook) -> None:
    book.issue("desk", Role.VIEWER, NOW)
    book.revoke("desk", NOW)
    with pytest.raises(InvalidInput, match="tokens list"):
        book.revoke("desk", NOW)
