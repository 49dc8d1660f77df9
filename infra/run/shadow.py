"""A shadow: a candidate configuration, and a control with the log's own, beside an engine on the inputs of its tape.

Both are backtests, each on a log of its own, and are the same as those of a what-if: the fills are simulated, and no
exchange is connected. A start makes both again from the tape's first input; what their logs hold already is compared,
and what follows is appended unit by unit. So a process that is killed at any moment loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from adapters.inputs.batch import TapedInput
from commands.input_tape import SessionBegun, Taped
from commands.scorer import NO_SCORER, Scorer
from domain.errors import LogLost
from domain.log import Envelope
from infra.run.backtest import Backtest, Change
from infra.run.recorded_inputs import FoundOpening
from infra.run.recording import SourceLog
from infra.run.remade_log import RemadeLog
from infra.run.what_if import variants_of


class Shadow:
    """One shadow. `control_log` and `candidate_log` are owned by this process.

    `inputs` counts what both were fed.
    """

    def __init__(
        self,
        log_id: UUID,
        change: Change,
        control_log: RemadeLog,
        candidate_log: RemadeLog,
        scorer: Scorer = NO_SCORER,
    ) -> None:
        """`log_id` is that of the log whose tape is followed; `scorer` makes the scores of the models in force."""
        self._scorer = scorer
        self._log_id, self._change = log_id, change
        self._control_log, self._candidate_log = control_log, candidate_log
        self._opening, self._has_begun = FoundOpening(), False
        self._waiting: list[Taped] = []
        self._backtests: tuple[Backtest, ...] = ()
        self.inputs = 0

    def take(self, tape: Iterable[TapedInput]) -> Iterator[int]:
        """Feeds the next inputs of the tape to both, and yields the number of inputs so far after each one.

        Raises InvalidSettings and Refused where the candidate cannot be, InvalidInput where the tape does not reach
        back to the opening of the log, LogLost where it goes on with another log, TapeMismatch where a log differs from
        what is made, what `Backtest.feed` raises, and the logs' errors.
        """
        for taped in tape:
            if self._is_before(taped.given):
                continue
            for given in self._ready(taped.given):
                for one in self._backtests:
                    one.feed(given)
                self.inputs += 1
                yield self.inputs

    @property
    def candidate(self) -> Backtest | None:
        """The candidate, which states what of the tape had no effect; None before the opening."""
        return self._backtests[1] if self._backtests else None

    def check_complete(self) -> None:
        """Raises TapeMismatch where a log holds more than the tape leads to: call it when no input is left."""
        self._control_log.check_complete()
        self._candidate_log.check_complete()

    def check(self) -> None:
        """Raises OwnershipLost and LogLost where nothing more can be recorded."""
        self._control_log.check()
        self._candidate_log.check()

    def _is_before(self, given: Taped) -> bool:
        """Whether the input is of a session before the first one of the log: of another log, or of none."""
        if isinstance(given, SessionBegun):
            is_of_log = given.log_id == self._log_id
            if self._has_begun and not is_of_log:
                raise LogLost(
                    f"the tape goes on with another log, {given.log_id}: the log {self._log_id} was moved or removed"
                )
            self._has_begun = is_of_log
        return not self._has_begun

    def _ready(self, given: Taped) -> Iterable[Taped]:
        """The inputs to be fed: none before the opening, which the backtests must know before their first input."""
        if self._backtests:
            return (given,)
        self._opening.take(given)
        self._waiting.append(given)
        if not self._opening.is_complete:
            return ()
        self._begin(self._opening.source())
        ready, self._waiting = self._waiting, []
        return ready

    def _begin(self, source: SourceLog) -> None:
        variants = variants_of(source, self._change)
        self._backtests = (
            Backtest(source, variants.control, self._control_log, _unseen, self._scorer),
            Backtest(source, variants.candidate, self._candidate_log, _unseen, self._scorer),
        )


def _unseen(_envelope: Envelope) -> None:
    """The events are read from the logs, where they are durable."""
