"""What a data set is built from: the log or the candle files that the options name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.log.recorder_log import RecordedLog
from adapters.tapes import Tape
from commands.features import READERS
from domain.errors import InvalidInput
from domain.features.book import BOOK_1
from domain.features.core import CORE_1
from domain.features.feature_set import FeatureSet
from domain.opening import LogOpened, Mode
from infra.cli.planning import planned
from infra.config import WhenceSettings, shown
from infra.inputs import taped_inputs
from infra.learning.build import Labels
from infra.learning.detected import ProposedSignals, RecordedSignals, Signals
from infra.learning.moves import FileMoves, Moves, TapedMoves
from infra.learning.outcomes import Outcomes
from infra.log_candles import is_usual_market, usual_market
from infra.run.backtest import Change
from infra.run.log_id import settings_form
from infra.run.upto import read_upto
from infra.search.sources import code_hashes


@dataclass(frozen=True, slots=True)
class Source:
    """Signals, their labels, and what identifies both."""

    signals: Signals
    labels: Labels
    made_from: Mapping[str, Any]
    features: FeatureSet = CORE_1


def source_of_candles(
    tapes: Sequence[Tape], settings: WhenceSettings, quote: str, change: Change, limit: timedelta
) -> Source:
    """All proposals of the configured strategies on these tapes. Raises what `planned` raises."""
    plan = planned(tapes, settings, quote, change)
    moves = FileMoves(plan.tapes)
    signals = ProposedSignals(moves, plan.instances, plan.instruments, plan.settings.simulation)
    labels = Labels(outcomes=Outcomes(), prices=moves.prices, limit=limit)
    made_from = {
        **moves.identity,
        "source": "candles",
        "settings": settings_form(plan.settings),
        "code": dict(code_hashes(plan.settings)),
        "fees": {one.id: [str(one.taker_fee), str(one.maker_fee)] for one in plan.instruments},
    }
    return Source(signals, labels, made_from)


class LogSource:
    """The signals of a log up to its end, with the candles of files, else of the tape of its inputs.

    With `upto` they are those up to this ordinal, and inputs after that event are left out: the source stays the same
    while the log grows, except for candle files.
    """

    def __init__(
        self, log: RecordedLog, settings: WhenceSettings, tapes: Sequence[Tape], upto: int | None = None
    ) -> None:
        """Raises InvalidInput for an empty log, and for one without the event `upto`."""
        self._log, self._settings, self._tapes = log, settings, tapes
        self._upto, self._is_cut = read_upto(log, upto), upto is not None
        self._outcomes = Outcomes()
        self.progress = (0, self._upto)

    def steps(self) -> Iterator[tuple[int, int]]:
        """Reads the closed trades of the log, before `source`; yields the progress (done, total)."""
        for ordinal in self._outcomes.steps(self._log, self._upto):
            yield ordinal, self._upto

    def source(self, limit: timedelta, features: FeatureSet = CORE_1) -> Source:
        """Raises InvalidInput where candles are missing, or are not those that the log was made from, and for features
        of order books where they are not those of a tape of inputs, which alone has books.
        """
        first = next(self._log.read(upto=1)).envelope.event
        if not isinstance(first, LogOpened):
            raise InvalidInput(f"{shown(self._settings.log)} does not begin with its opening")
        last = next(self._log.read(after=self._upto - 1, upto=self._upto)).envelope.meta
        moves = self._moves(first, last.recorded_at)
        if features is BOOK_1 and not isinstance(moves, TapedMoves):
            raise InvalidInput(
                f"{BOOK_1.id} needs readings of order books, which only the tape of a live run's inputs has: name the "
                f"log of `whence live` or `whence paper --live` without --candles, or build {CORE_1.id}"
            )
        made_from = {
            **moves.identity,
            "source": "log",
            "log": str(first.log_id),
            "synthetic": first.synthetic,
            "events": self._upto,
            "last_event": str(last.event_id),
        }
        labels = Labels(outcomes=self._outcomes, prices=moves.prices, limit=limit)
        signals = RecordedSignals(self._log, self._upto, moves, READERS[features.id])
        return Source(signals, labels, made_from, features)

    def _moves(self, opened: LogOpened, until: datetime) -> Moves:
        if not self._tapes:
            return FileMoves(usual_market(until)) if is_usual_market(opened) else self._taped(opened, until)
        moves = FileMoves(self._tapes)
        if opened.mode is Mode.TAPE and moves.identity["tape"] != opened.tape:
            raise InvalidInput(
                f"--candles: {shown(self._settings.log)} was made from other candles: give all files that it was made "
                "from, and no other"
            )
        return moves

    def _taped(self, opened: LogOpened, until: datetime) -> Moves:
        if opened.mode is not Mode.LIVE:
            raise InvalidInput(
                f"{shown(self._settings.log)} does not hold its candles: give the files that it was made from with "
                "--candles"
            )
        return TapedMoves(self._log, lambda: taped_inputs(self._settings), until if self._is_cut else None)
