"""The names of streams, `<noun>-<account>-<id>`: how they are formed and parsed.

Nouns and accounts contain no dash, so the first two dashes separate the three parts, also if the id contains dashes.
A stream that exists once per account (`account-main`) has no id. The log's own stream (`log`) has neither account nor
id.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from domain.direction import Direction
from domain.errors import InvalidInput

_ACCOUNT = re.compile(r"[a-z0-9]+")
_STREAM = re.compile(r"(?P<noun>log|[a-z]+(?=-))(?:-(?P<account>[a-z0-9]+)(?:-(?P<id>.+))?)?")
_PARTS = 3
_POSITION = re.compile(r"(?P<instrument>.+)-(?P<direction>LONG|SHORT)-(?P<n>[1-9][0-9]*)")


class StreamName(NamedTuple):
    """A stream's name in its parts; `account` and `id` are empty where the stream has none."""

    noun: str
    account: str
    id: str


class PositionName(NamedTuple):
    """The `n`-th position (from 1) that an account held of an instrument in one direction."""

    instrument: str
    direction: Direction
    n: int


def signal_stream(account: str, signal_id: str) -> str:
    """`signal-<account>-<id>`: one signal and its decision; the id is the id of their chain."""
    return _spell("signal", account, signal_id)


def order_stream(account: str, order_id: str) -> str:
    """`order-<account>-<client order id>`: every event of one order."""
    return _spell("order", account, order_id)


def position_stream(account: str, instrument: str, direction: Direction, n: int) -> str:
    """`position-<account>-<instrument>-<LONG|SHORT>-<n>`: one position until it is flat; `n` counts from 1."""
    if n < 1:
        raise InvalidInput(f"positions are counted from 1; there is no position {n} of {instrument}")
    return _spell("position", account, f"{instrument}-{direction.value}-{n}")


def account_stream(account: str) -> str:
    """`account-<account>`: the account's balance, reserved funds, trading days and kill switch."""
    return _spell("account", account)


def mark_stream(account: str) -> str:
    """`mark-<account>`: the account's marks, one for each hour in which candles closed."""
    return _spell("mark", account)


def regime_stream(account: str, instrument: str) -> str:
    """`regime-<account>-<instrument>`: the regimes of one market."""
    return _spell("regime", account, instrument)


def manipulation_stream(account: str, instrument: str) -> str:
    """`manipulation-<account>-<instrument>`: the suspicions of manipulation in one market."""
    return _spell("manipulation", account, instrument)


def leverage_stream(account: str, instrument: str) -> str:
    """`leverage-<account>-<instrument>`: the changes of an instrument's leverage."""
    return _spell("leverage", account, instrument)


def settings_stream(account: str) -> str:
    """`settings-<account>`: the account's settings in force."""
    return _spell("settings", account)


def instruments_stream(account: str) -> str:
    """`instruments-<account>`: the instruments that the account may trade, with their rules."""
    return _spell("instruments", account)


def reconciliation_stream(account: str) -> str:
    """`reconciliation-<account>`: the recorded differences between the exchange and the log."""
    return _spell("reconciliation", account)


def breaker_stream(account: str, service: str) -> str:
    """`breaker-<account>-<SERVICE>`: the circuit breaker of one kind of call to the exchange."""
    return _spell("breaker", account, service)


def pause_stream(account: str, owner: str) -> str:
    """`pause-<account>-<strategy>`: the pauses of a strategy after losses; `pause-<account>`: those of the account."""
    return _spell("pause", account, owner or None)


def model_stream(account: str, name: str) -> str:
    """`model-<account>-<name>`: the models of one name, with their roles and drifts."""
    return _spell("model", account, name)


@lru_cache(maxsize=4096)
def parse(stream: str) -> StreamName:
    """A stream's name in its parts; raises InvalidInput for text that is not the name of a stream."""
    found = _STREAM.fullmatch(stream)
    if found is None:
        raise InvalidInput(f"{stream!r} is not a stream; spell it like order-main-01hx3k9zq2m4c-e1")
    return StreamName(found["noun"], found["account"] or "", found["id"] or "")


@lru_cache(maxsize=4096)
def own_id(stream: str) -> str:
    """The id in the name of what is known to be a stream: `parse(stream).id` without its checks."""
    parts = stream.split("-", 2)
    return parts[2] if len(parts) == _PARTS else ""


@lru_cache(maxsize=256)
def parse_position(stream: str) -> PositionName:
    """The instrument, direction and number in a position's stream; raises InvalidInput for any other name."""
    name = parse(stream)
    found = _POSITION.fullmatch(name.id) if name.noun == "position" else None
    if found is None:
        raise InvalidInput(
            f"{stream!r} is not a position's stream; spell it like position-main-BTCUSDT-LINEAR.BYBIT-LONG-1"
        )
    return PositionName(found["instrument"], Direction(found["direction"]), int(found["n"]))


@lru_cache(maxsize=1024)
def check_account(account: str) -> None:
    """Raises InvalidInput unless the name is lower-case letters and digits; a dash would split the stream's name."""
    if not _ACCOUNT.fullmatch(account):
        raise InvalidInput(
            f"{account!r} is not an account; its name is lower-case letters and digits, as in main2"
        )


@lru_cache(maxsize=4096)
def _spell(noun: str, account: str, own: str | None = None) -> str:
    check_account(account)
    if own is None:
        return f"{noun}-{account}"
    if not own:
        raise InvalidInput(f"a stream of the noun {noun} needs an id")
    return f"{noun}-{account}-{own}"
