"""The wording of events on the terminal: exchange codes in plain words, settings as changes, figures rounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple, cast

from adapters.avro import to_json
from domain.log import Envelope, Recorded
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed
from domain.settings import Settings, SettingsChanged
from domain.signal import DecisionMade, GridEnded, ReversalDecided, SignalDetected
from infra.layer import is_table
from projections.exits import Closes
from projections.sentences import closed_by, fill_of, plain, sentence, sentence_on

PLAIN_WORDS: Mapping[str, str] = {
    "CancelByUser": "cancelled on request",
    "CancelByTpSlTsClear": "nothing is left for it to protect",
    "CancelByReduceOnly": "it could only reduce a position that is closed",
    "CancelByCannotAffordOrderCost": "its cost is more than the free balance",
    "CancelByOcoSlCanceledByTpTriggered": "the target was filled, so the stop was cancelled",
    "CancelByOcoTpCanceledBySlTriggered": "the stop was filled, so the target was cancelled",
    "CancelBySmp": "it would have traded with an order of the same account",
    "CancelByDCP": "the connection was lost",
    "CancelBySettle": "the contract was settled",
    "CancelByPrepareLiq": "the account was about to be liquidated",
    "EC_NoImmediateQtyToFill": "nothing on the market to fill it at once",
    "EC_PostOnlyWillTakeLiquidity": "it would have taken liquidity, and it was post-only",
    "EC_CancelForNoFullFill": "it could not be filled as a whole",
    "EC_PerCancelRequest": "cancelled on request",
}
"""Bybit's codes for cancelled and rejected orders, in plain words; `--full` and `--json` keep the codes."""
_CODE = re.compile(r"\b(?:CancelBy|EC_)\w+")
_LONG = re.compile(r"-?\d+\.\d{5,}")

Tree = Mapping[str, object]


def in_plain_words(text: str) -> str:
    """The text with an exchange's codes replaced by plain words; an unknown code stays."""
    return _CODE.sub(lambda found: PLAIN_WORDS.get(found[0], found[0]), text)


def rounded(text: str) -> str:
    """The text with long decimals rounded: to 4 places from 1 on, else to 6."""
    return _LONG.sub(lambda found: _rounded(Decimal(found[0])), text)


def _rounded(number: Decimal) -> str:
    return plain(round(number, 4 if abs(number) >= 1 else 6))


class _Proposed(NamedTuple):
    """What a signal proposed to trade."""

    strategy: str
    instrument: str


class Wording:
    """The sentences of one log's events; a change of settings names each changed setting with both values."""

    def __init__(
        self,
        read: Callable[[int, int], Iterable[Recorded]],
        read_stream: Callable[[str], Iterable[Envelope]] | None = None,
    ) -> None:
        """`read(after, upto)` returns the events of the log from ordinal `after` + 1 to ordinal `upto`.

        With `read_stream`, which returns the events of a stream, a decision names the strategy and the instrument of
        its signal, a fill the side and the instrument of its order, and a closed position the rule that closed it.
        Without it the reader has the signal and the order before them.
        """
        self._read, self._read_stream = read, read_stream
        self._last: dict[str, SettingsChanged] = {}
        self._proposed: dict[str, _Proposed | None] = {}
        self._placed: dict[str, OrderPlaced | None] = {}

    def line_of(self, recorded: Recorded, exit_name: str = "") -> str:
        """The event's sentence. `exit_name` is what closed a position, where the caller knows it."""
        event, stream = recorded.envelope.event, recorded.envelope.meta.stream
        if isinstance(event, SettingsChanged):
            before = self._before(recorded, event)
            self._last[stream] = event
            return described(event, before)
        if isinstance(event, PositionClosed):
            return closed_by(event, exit_name or self._exit_of(stream, event))
        if self._read_stream is None:
            return sentence(event)
        if isinstance(event, SignalDetected):
            self._proposed[stream] = _Proposed(event.strategy, event.instrument)
        if isinstance(event, OrderPlaced):
            self._placed[stream] = event
        if isinstance(event, DecisionMade | ReversalDecided | GridEnded):
            proposed = self._proposal_of(stream, self._read_stream)
            return sentence(event) if proposed is None else sentence_on(event, *proposed)
        if isinstance(event, OrderFilled):
            placed = self._order_of(stream, self._read_stream)
            return sentence(event) if placed is None else fill_of(event, placed.side, placed.instrument)
        return sentence(event)

    def _exit_of(self, stream: str, closed: PositionClosed) -> str:
        closes = Closes()
        for one in () if self._read_stream is None else self._read_stream(stream):
            closes.fold(stream, one.event)
        return closes.exit_of(stream, closed)

    def _proposal_of(self, stream: str, read_stream: Callable[[str], Iterable[Envelope]]) -> _Proposed | None:
        """The signal of a stream, also where the events before it were not read; None where it has none."""
        if stream not in self._proposed:
            signals = (one.event for one in read_stream(stream) if isinstance(one.event, SignalDetected))
            first = next(signals, None)
            self._proposed[stream] = None if first is None else _Proposed(first.strategy, first.instrument)
        return self._proposed[stream]

    def _order_of(self, stream: str, read_stream: Callable[[str], Iterable[Envelope]]) -> OrderPlaced | None:
        """The order of a stream; None where the log does not have its placement."""
        if stream not in self._placed:
            placed = (one.event for one in read_stream(stream) if isinstance(one.event, OrderPlaced))
            self._placed[stream] = next(placed, None)
        return self._placed[stream]

    def _before(self, recorded: Recorded, event: SettingsChanged) -> SettingsChanged | None:
        """The event that put the earlier settings in force; None for the first settings."""
        stream = recorded.envelope.meta.stream
        last = self._last.get(stream)
        if event.version == 1 or (last is not None and last.version == event.version - 1):
            return last if event.version > 1 else None
        found: SettingsChanged | None = None
        for one in self._read(0, recorded.ordinal - 1):
            if isinstance(one.envelope.event, SettingsChanged) and one.envelope.meta.stream == stream:
                found = one.envelope.event
        return found


def described(event: SettingsChanged, before: SettingsChanged | None) -> str:
    """Each changed setting; for the first settings those that differ from the defaults."""
    reason = f" ({event.reason})" if event.reason else ""
    earlier = SettingsChanged(0, Settings()) if before is None else before
    found = list(changes(to_json(earlier)["settings"], to_json(event)["settings"]))
    if before is None:
        what = f"the defaults, with {', '.join(found)}" if found else "the defaults"
    else:
        what = ", ".join(found) or "nothing changed"
    return f"version {event.version}: {what}{reason}"


def changes(old: Tree, new: Tree, path: str = "") -> Iterator[str]:
    """`path old -> new` for each field whose value differs."""
    for name in new:
        one, other = old.get(name), new[name]
        if is_table(one) and is_table(other):
            yield from changes(one, other, f"{path}{name}.")
        elif one != other:
            yield f"{path}{name} {_spelled(one)} -> {_spelled(other)}"


def _spelled(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_spelled, cast(list[object], value)))}]"
    if isinstance(value, Mapping):
        table = cast(Tree, value)
        named = [str(table[key]) for key in ("id", "name", "strategy") if table.get(key)]
        return named[0] if named else ", ".join(f"{key} {_spelled(one)}" for key, one in table.items())
    return "none" if value in (None, "") else str(value)
