"""A scanner: a strategy that reads the candles of many instruments outside of the engine, and raises its proposals as
signals from outside.

The instruments are divided into shares; a share belongs to one process at a time and may move to another one, which
reads the past candles of the share first. The key of a signal is made from scanner, instrument, interval and candle, so
an engine records it once, however many processes send it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from commands.request import OutsideSignal, RaiseSignal, Requested
from commands.roles import Role
from domain.candle import Candle, interval_name
from domain.strategies import Proposal, Strategy, Watcher

_DIGEST_BYTES = 16
_PREFIX = "source:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """`name` is the strategy of the scanner's signals, `strategy` the rule that raises them.

    Candles of another `interval`, and of instruments that are not in `instruments`, are passed over; an empty set means
    every instrument. A signal is `valid` for so long after the close of its candle.
    """

    name: str
    strategy: Strategy
    interval: timedelta
    valid: timedelta
    instruments: frozenset[str] = frozenset()

    @property
    def actor(self) -> str:
        """The actor of the scanner's requests. No token can have this name, because of its colon."""
        return f"{_PREFIX}{self.name}"

    def reads(self, candle: Candle) -> bool:
        """Whether the scanner's strategy reads the candle."""
        is_allowed = not self.instruments or candle.instrument in self.instruments
        return is_allowed and candle.interval == self.interval

    def valid_until(self, closed_at: datetime) -> datetime:
        """The end of the time within which a signal on the candle that closed then may be raised."""
        return closed_at + self.valid

    def requested(self, proposal: Proposal, closed_at: datetime, account: str) -> Requested:
        """The proposal at the close of a candle as a request to the engine, with the role of a source."""
        return Requested(
            id=scan_key(self.name, proposal.instrument, self.interval, closed_at),
            account=account,
            actor=self.actor,
            valid_until=self.valid_until(closed_at),
            request=RaiseSignal(self._signal(proposal, closed_at)),
            role=Role.SOURCE,
        )

    def _signal(self, proposal: Proposal, closed_at: datetime) -> OutsideSignal:
        return OutsideSignal(
            strategy=self.name,
            instrument=proposal.instrument,
            interval_seconds=int(self.interval.total_seconds()),
            candle_closed_at=closed_at,
            direction=proposal.direction,
            intent=proposal.intent,
            confidence=proposal.confidence,
            trend=proposal.trend,
            price=proposal.price,
            stop=proposal.stop,
            target=proposal.target,
            inputs=dict(proposal.inputs),
        )


def scan_key(scanner: str, instrument: str, interval: timedelta, closed_at: datetime) -> str:
    """The idempotency key of a scanner's signal on one candle: `scan-` and 32 hexadecimal digits."""
    spelled = f"{scanner} {instrument} {interval_name(interval)} {closed_at.isoformat()}"
    return f"scan-{blake2b(spelled.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"


class Place(StrEnum):
    """A candle's place after the last one of its instrument: NEXT follows it, REPEATED is not later, AFTER_GAP leaves
    at least one out, FOREIGN is none that the scanner reads."""

    NEXT = "next"
    REPEATED = "repeated"
    AFTER_GAP = "after_gap"
    FOREIGN = "foreign"


class Scanned(NamedTuple):
    """What a candle led to; `proposal` is None for most candles."""

    place: Place
    proposal: Proposal | None = None


class Share:
    """The state of a scanner for the instruments of one share: a watcher for each, and its last candle."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._watchers: dict[str, Watcher] = {}
        self._next: dict[str, datetime] = {}

    @property
    def instruments(self) -> int:
        """How many instruments have had a candle."""
        return len(self._watchers)

    def on_candle(self, candle: Candle) -> Scanned:
        """Takes the next candle. The first one of an open time counts; the strategy counts bars over a gap."""
        if not self._scanner.reads(candle):
            return Scanned(Place.FOREIGN)
        expected = self._next.get(candle.instrument)
        if expected is not None and candle.open_time < expected:
            return Scanned(Place.REPEATED)
        self._next[candle.instrument] = candle.close_time
        proposal = self._watcher(candle.instrument).on_candle(candle)
        is_next = expected is None or candle.open_time == expected
        return Scanned(Place.NEXT if is_next else Place.AFTER_GAP, proposal)

    def _watcher(self, instrument: str) -> Watcher:
        watcher = self._watchers.get(instrument)
        if watcher is None:
            watcher = self._watchers[instrument] = self._scanner.strategy.watch()
        return watcher
