"""The command of a request that raises a signal from an external scanner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from unicodedata import normalize

from msgspec.structs import replace

from commands import signal as signal_commands
from commands.identity import RESERVED_SOURCES
from commands.request import RaiseSignal
from commands.requests.limits import check_levels
from commands.requests.situation import Situation
from commands.routes import Command
from domain.committees import Case, View, decide
from domain.entry import Entry
from domain.errors import InvalidInput, Refused
from domain.limits.hourly import PREFIX
from domain.owner import PERSON
from domain.signal import SignalDetected, Verdict
from domain.strategies import Intent
from domain.strategies.builtin import BUILTIN

_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,63}")
CLOCKS_DIFFER = timedelta(seconds=5)
"""The clock of a source may be so far ahead of the one here."""


def raise_signal(request: RaiseSignal, situation: Situation, chain: str) -> Sequence[Command]:
    """Records the signal; both committees judge it like any other, and skip it if it is stale, more than
    `CLOCKS_DIFFER` from the future, or its scanner paused.

    Raises InstrumentNotListed for an instrument without rules, InvalidInput for a scanner with a name of this system or
    with other characters than `_NAME`, Refused for a scanner with the name of a strategy, because it could close that
    strategy's positions, and for an entry whose stop or target is on the wrong side of the last price, RefusedForNow
    for an instrument without a market. Names are compared without regard to case, width and surrounding spaces.
    """
    signal = measured(_timed(request.signal.detected(), situation.at), situation)
    _check_name(signal.strategy, situation)
    view = situation.view(situation.rules(signal.instrument))
    last = situation.last_price(signal.instrument)
    signal_commands.check_signal(signal)
    _check_entry(signal, last, view, situation.identity.policy)
    return [signal_commands.RaiseSignal(chain, signal)]


def _timed(signal: SignalDetected, now: datetime) -> SignalDetected:
    """The signal, with the time of now where it has a later one by `CLOCKS_DIFFER` at most.

    The clocks of two machines differ, and no entry and no exit of the one that is ahead would be taken otherwise: each
    would be from the future. What is further ahead keeps its time, and is skipped.
    """
    if now < signal.candle_closed_at <= now + CLOCKS_DIFFER:
        return replace(signal, candle_closed_at=now)
    return signal


def measured(signal: SignalDetected, situation: Situation) -> SignalDetected:
    """The signal with the correlations of its instrument and the order book that it needs, which are measured here and
    never taken from a source.

    Raises InvalidInput for a signal that has such an input.
    """
    named = [name for name in signal.inputs if name.startswith(PREFIX)]
    if named:
        raise InvalidInput(f"the input {named[0]} is measured by the engine: leave it out")
    if signal.intent is Intent.EXIT:
        return signal
    if situation.settings.book_of(signal.strategy).required:
        signal = replace(signal, book=situation.book(signal.instrument, situation.at))
    found = situation.alike(signal.instrument)
    return replace(signal, inputs={**signal.inputs, **found}) if found else signal


def _check_entry(signal: SignalDetected, last: Decimal, view: View, policy: int) -> None:
    """Raises Refused for a signal that would be entered with levels that the market's last price has passed.

    The committees judge the levels at the price that the signal names; the entry fills at the market's. A signal that
    they skip trades nothing, and is recorded with their reasons.
    """
    if decide(signal, view, policy).verdict is Verdict.ENTER:
        entry = Entry(
            instrument=signal.instrument,
            direction=signal.direction,
            price=last,
            stop=signal.stop,
            target=signal.target,
            quantity=None,
            origin=None,
        )
        check_levels(Case(entry, view))


def _check_name(scanner: str, situation: Situation) -> None:
    spelled = _plain(scanner)
    if spelled == PERSON:
        raise InvalidInput(
            f"no scanner may be called {PERSON}: that is the owner of positions entered by hand"
        )
    if spelled in RESERVED_SOURCES:
        raise InvalidInput(f"no scanner may be called {scanner}: that is a name of the system itself")
    if spelled in {_plain(name) for name in _strategies(situation)}:
        raise Refused(f"{scanner} is a strategy of this engine: a signal from outside needs another name")
    if not _NAME.fullmatch(scanner):
        raise InvalidInput(
            "the strategy of a signal from outside is 1 to 64 small letters a to z, digits, dashes and underscores, "
            "and begins with a letter or a digit"
        )


def _strategies(situation: Situation) -> set[str]:
    """The built-in strategies, and the names and ids of those that are or were configured on this log."""
    settings = situation.settings
    kinds = {one.kind for one in settings.strategies}
    return {*BUILTIN, *kinds, *settings.instances, *situation.portfolio.configured}


def _plain(name: str) -> str:
    return normalize("NFKC", name).casefold().strip()
