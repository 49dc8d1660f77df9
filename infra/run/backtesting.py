"""A backtest of one recording in memory, with the market that it traded and the account at its last candle.

The log is made in memory and written in one append (decision 0090): a process that is killed leaves an empty target, or
the whole log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace as changed

from adapters.avro import AvroCodec
from adapters.log.grouped import GroupedLog
from adapters.log.library import open_memory
from adapters.tapes import Tape
from commands.input_tape import Taped
from commands.scorer import NO_SCORER, Scorer
from domain.candle import Candle
from domain.log import Envelope, EventLog, Recorded, event_id
from domain.mark import AccountMarked
from infra.run.backtest import NO_CHANGE, Backtest, Change, Variant
from infra.run.book_backtest import BookBacktest
from infra.run.collecting import seldom_collected
from infra.run.log_id import settings_form
from infra.run.other_model import model_notes
from infra.run.recording import FilledBy, Recording
from infra.run.shortened import candles_of
from infra.run.trade_backtest import TradeBacktest
from infra.run.what_if import variant_id

_MADE: Mapping[FilledBy, type[Backtest]] = {
    FilledBy.CANDLES: Backtest,
    FilledBy.TRADES: TradeBacktest,
    FilledBy.BOOKS: BookBacktest,
}


@dataclass(slots=True)
class TradedMarket:
    """The candles that were traded, by instrument in order of their first one."""

    candles: dict[str, list[Candle]] = field(default_factory=dict[str, list[Candle]])

    def take(self, given: Taped) -> None:
        """Adds the candles of an input; other inputs change nothing."""
        for one in candles_of(given):
            self.candles.setdefault(one.instrument, []).append(one)

    @property
    def count(self) -> int:
        """The number of candles."""
        return sum(map(len, self.candles.values()))

    @property
    def begun(self) -> datetime:
        """The open time of the first candle (UTC)."""
        return min(found[0].open_time for found in self.candles.values())

    @property
    def ended(self) -> datetime:
        """The close time of the last candle (UTC)."""
        return max(found[-1].close_time for found in self.candles.values())

    @property
    def has_funding(self) -> bool:
        """Whether a candle states a funding rate."""
        return any(one.funding_rate is not None for found in self.candles.values() for one in found)

    def tapes(self) -> Sequence[Tape]:
        """The candles as tapes."""
        return [Tape(name, found[0].interval, tuple(found)) for name, found in self.candles.items()]


class Backtesting:
    """One backtest. `market`, `events` and `write` are complete after `steps` has ended."""

    def __init__(
        self,
        recording: Recording,
        change: Change = NO_CHANGE,
        scorer: Scorer = NO_SCORER,
        *,
        skips: bool = True,
    ) -> None:
        """`scorer` makes the scores of the models in force. With `skips` candles that lead to nothing are passed over;
        the log is the same.

        Raises InvalidSettings and Refused, which name each setting at fault, before anything is fed.
        """
        self.market = TradedMarket()
        self.recording = recording
        self._skips = skips and recording.is_of_candles
        self.log_id: UUID = variant_id(recording.opening.log_id, _variant(recording, change))
        self._log = GroupedLog(open_memory(AvroCodec()), AvroCodec())
        self._latest: Envelope | None = None
        self._marked = 0
        made = _MADE[recording.filled_by]
        self.backtest = made(
            recording, Variant(log_id=self.log_id, change=change), self._log, self._see, scorer
        )

    def steps(self) -> Iterator[int]:
        """Feeds the recording, and yields the number of inputs fed so far. Raises what `Backtest.steps` raises."""
        with seldom_collected():
            yield from self.backtest.steps(self._watched(self.recording.inputs()), skips=self._skips)

    @property
    def head(self) -> int:
        """The number of events of the log."""
        return self._log.head()

    def events(self) -> Iterator[Recorded]:
        """The events of the log, and the mark of the last hour where that hour is not over.

        The log does not hold that mark: a mark is of a whole hour.
        """
        yield from self._log.read()
        mark, latest = self.backtest.latest_mark, self._latest
        if mark is not None and latest is not None and mark.candles > self._marked:
            yield Recorded(self.head + 1, self._envelope(mark, latest))

    @property
    def notes(self) -> Sequence[str]:
        """Sentences on the scores of the model that the change puts in force; none without one."""
        return model_notes(self._log)

    def write(self, target: EventLog) -> int:
        """Writes the log in one append; returns the ordinal of its last event. Raises the log's errors."""
        return target.append([one.envelope for one in self._log.read()])

    def close(self) -> None:
        """Releases the log in memory."""
        self._log.close()

    def _watched(self, inputs: Iterator[Taped]) -> Iterator[Taped]:
        for given in inputs:
            self.market.take(given)
            yield given

    def _see(self, envelope: Envelope) -> None:
        self._latest = envelope
        if type(envelope.event) is AccountMarked:
            self._marked = envelope.event.candles

    def _envelope(self, mark: AccountMarked, latest: Envelope) -> Envelope:
        at = self.market.ended
        meta = changed(
            latest.meta,
            event_id=event_id(self.log_id, "unfinished-hour", 1),
            occurred_at=at,
            recorded_at=at,
        )
        return Envelope(meta, mark)


def _variant(recording: Recording, change: Change) -> object:
    """What the log's id depends on, beside the id of its source."""
    model = () if change.model is None else (change.model.form,)
    settings = settings_form(change.settings(recording.settings))
    return ["backtest", recording.tape, settings, change.policy, *model]
