from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.direction import Direction
from domain.errors import InvalidInput
from domain.log import LOG_STREAM
from domain.streams import (
    PositionName,
    StreamName,
    account_stream,
    instruments_stream,
    order_stream,
    parse,
    parse_position,
    position_stream,
    reconciliation_stream,
    settings_stream,
    signal_stream,
)

BTC = "BTCUSDT-LINEAR.BYBIT"
ACCOUNTS = st.from_regex(r"[a-z0-9]+", fullmatch=True)
IDS = st.from_regex(r"[A-Za-z0-9._-]+", fullmatch=True)
NAMES: dict[str, tuple[Callable[..., str], tuple[object, ...], StreamName]] = {
    "signal-main-abc": (signal_stream, ("main", "abc"), StreamName("signal", "main", "abc")),
    "order-main-abc-e1": (order_stream, ("main", "abc-e1"), StreamName("order", "main", "abc-e1")),
    f"position-main-{BTC}-LONG-3": (
        position_stream,
        ("main", BTC, Direction.LONG, 3),
        StreamName("position", "main", f"{BTC}-LONG-3"),
    ),
    "account-main": (account_stream, ("main",), StreamName("account", "main", "")),
    "settings-main": (settings_stream, ("main",), StreamName("settings", "main", "")),
    "instruments-main": (instruments_stream, ("main",), StreamName("instruments", "main", "")),
    "reconciliation-main": (reconciliation_stream, ("main",), StreamName("reconciliation", "main", "")),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_name_is_formed_and_parsed(name: str) -> None:
    spell, parts, parsed = NAMES[name]
    assert spell(*parts) == name
    assert parse(name) == parsed


def test_the_logs_own_stream_has_neither_account_nor_id() -> None:
    assert parse(LOG_STREAM) == StreamName("log", "", "")


@given(ACCOUNTS, IDS)
def test_any_order_id_is_parsed_unchanged(account: str, order_id: str) -> None:
    assert parse(order_stream(account, order_id)) == StreamName("order", account, order_id)


@given(ACCOUNTS, st.sampled_from(Direction), st.integers(1, 10**9))
def test_a_position_stream_is_parsed_unchanged(account: str, direction: Direction, n: int) -> None:
    stream = position_stream(account, BTC, direction, n)
    assert parse_position(stream) == PositionName(BTC, direction, n)


@pytest.mark.parametrize("account", ["", "Main", "my-account", "main ", "été", "a_b", "main\n"])
def test_an_account_name_with_a_character_outside_a_to_z_and_0_to_9_is_refused(account: str) -> None:
    with pytest.raises(InvalidInput, match="is not an account"):
        order_stream(account, "x-e1")


@pytest.mark.parametrize(
    "stream", ["", "order", "order-", "order-Main-x", "order-main-", "-main-x", "1-main-x"]
)
def test_text_that_is_no_stream_name_is_refused(stream: str) -> None:
    with pytest.raises(InvalidInput, match="is not a stream"):
        parse(stream)


def test_an_empty_id_is_refused() -> None:
    with pytest.raises(InvalidInput, match="needs an id"):
        order_stream("main", "")


def test_a_position_numbered_zero_is_refused() -> None:
    with pytest.raises(InvalidInput, match="counted from 1"):
        position_stream("main", BTC, Direction.SHORT, 0)


@pytest.mark.parametrize(
    "stream", ["order-main-x-LONG-1", f"position-main-{BTC}-LONG-0", f"position-main-{BTC}-UP-1"]
)
def test_a_name_that_is_no_position_stream_is_refused(stream: str) -> None:
    with pytest.raises(InvalidInput, match="is not a position's stream"):
        parse_position(stream)
