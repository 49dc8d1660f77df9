"""What each strategy does in each of its instruments: its state, its proposal, and what keeps its entries out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from infra.telegram.screens.screen import Data
from infra.telegram.screens.strategies import Instance, instances_of


class AutoState(StrEnum):
    """The first of these that holds.

    OFF: the kill switch is tripped, or a person has paused the strategy. RUNNING: it has an open position in the
    instrument. READY: the committees have accepted its proposal, and its entry order works at the exchange, unfilled.
    OBSERVING: none of these; its next proposal is judged.
    """

    OFF = "OFF"
    RUNNING = "RUNNING"
    READY = "READY"
    OBSERVING = "OBSERVING"


class Proposed(StrEnum):
    """BUY and SELL: what the strategy proposed at the close of its last candle. HOLD: it proposed nothing there."""

    HOLD = "HOLD"
    BUY = "BUY"
    SELL = "SELL"


@dataclass(frozen=True, slots=True)
class Watched:
    """A strategy in one instrument, which is empty where none is known yet. `position`, `entry` and `signals` are the
    data of its open position, of its working entry order, and of its latest signals, newest first."""

    instance: Instance
    instrument: str
    position: Data | None
    entry: Data | None
    signals: Sequence[Data]

    @property
    def state(self) -> AutoState:
        """See `AutoState`."""
        if self.instance.is_paused or self.instance.state.get("killSwitch"):
            return AutoState.OFF
        if self.position is not None:
            return AutoState.RUNNING
        return AutoState.OBSERVING if self.entry is None else AutoState.READY

    def proposed(self, now: datetime) -> tuple[Proposed, datetime | None]:
        """What it proposes now, and since when; None where it has proposed nothing yet.

        A proposal holds until the next candle of its interval closes, and is as old as the first of the consecutive
        candles at which the same was proposed.
        """
        if not self.signals:
            return Proposed.HOLD, None
        latest = self.signals[0]
        ends = _closed(latest) + _interval(latest)
        if now >= ends:
            return Proposed.HOLD, ends
        since = _closed(latest)
        for one in self.signals[1:]:
            if _word(one) is not _word(latest) or _closed(one) < since - _interval(latest):
                break
            since = _closed(one)
        return _word(latest), since

    @property
    def skipped(self) -> Data | None:
        """Its latest signal, where that was skipped."""
        latest = self.signals[0] if self.signals else None
        return latest if latest is not None and latest["verdict"] == "SKIP" else None

    @property
    def pauses(self) -> Sequence[Data]:
        """The pauses after losses that keep its entries out, those of the whole account included."""
        return [one for one in self.instance.state["pauses"] if one["strategy"] in (None, self.instance.name)]


def watched_of(data: Data) -> Sequence[Watched]:
    """Each strategy in each instrument that it trades; one that trades all has those of its positions, entries and
    signals, and those with a price."""
    return [_watched(one, name, data) for one in instances_of(data) for name in _instruments(one, data)]


def _instruments(one: Instance, data: Data) -> Sequence[str]:
    named = () if one.settings is None else one.settings.get("instruments", ())
    found = dict.fromkeys(
        [
            *named,
            *(
                row["instrument"]
                for row in (*_positions(one, data), *_entries(one, data), *_signals(one, data))
            ),
        ]
    )
    if not named:
        found |= dict.fromkeys(price["instrument"] for price in data["prices"] or ())
    return list(found) or [""]


def _watched(one: Instance, instrument: str, data: Data) -> Watched:
    return Watched(
        one,
        instrument,
        next(_in(instrument, _positions(one, data)), None),
        next(_in(instrument, _entries(one, data)), None),
        list(_in(instrument, _signals(one, data))),
    )


def _in(instrument: str, rows: Sequence[Data]) -> Iterator[Data]:
    return (one for one in rows if one["instrument"] == instrument)


def _positions(one: Instance, data: Data) -> Sequence[Data]:
    return [row for row in _rows(data["positions"]) if _is_of(one, row, row["owner"])]


def _entries(one: Instance, data: Data) -> Sequence[Data]:
    """A person's entry has no signal, and so no strategy."""
    entries = [row for row in _rows(data["waiting"]) if row["signal"] is not None]
    return [row for row in entries if _is_of(one, row, row["signal"]["strategy"])]


def _signals(one: Instance, data: Data) -> Sequence[Data]:
    return [row for row in _rows(data["signals"]) if _is_of(one, row, row["strategy"])]


def _is_of(one: Instance, row: Data, strategy: str | None) -> bool:
    return (row["account"], strategy) == (one.account["account"], one.name)


def _rows(connection: Mapping[str, Any]) -> Sequence[Data]:
    return [edge["node"] for edge in connection["edges"]]


def _word(signal: Data) -> Proposed:
    """The side on which the signal would trade: an exit against a direction trades on that direction's side, too."""
    return Proposed.BUY if signal["direction"] == "LONG" else Proposed.SELL


def _closed(signal: Data) -> datetime:
    return datetime.fromisoformat(signal["candleClosedAt"])


def _interval(signal: Data) -> timedelta:
    return timedelta(seconds=signal["intervalSeconds"])
