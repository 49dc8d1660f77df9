"""A what-if: the recording of a log under other settings, compared with the same recording under the log's own.

Both are backtests, so that simulated fills are compared with simulated fills: the control has the log's settings, the
candidate the changed ones. Both logs are made in memory, and the candidate's is written in one append: a process that
is killed leaves an empty target, or the whole log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID, uuid5

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from commands.scorer import NO_SCORER, Scorer
from domain.errors import TapeMismatch
from domain.log import EventLog, LogReader
from infra.run.backtest import Backtest, Change, Variant
from infra.run.collecting import seldom_collected
from infra.run.compared import Compared
from infra.run.log_id import settings_form
from infra.run.other_model import model_notes
from infra.run.recording import Recording, SourceLog
from infra.trading import instances_of
from projections.behaviour import Behaviour, behaviour_of
from projections.comparison import Comparison, differing_hour

_BACKTESTS = UUID("b7a1f8c2-3a59-5c0e-9b1d-6f1e6a1f5d27")


class Variants(NamedTuple):
    """What is compared: the log's own settings, and the changed ones."""

    control: Variant
    candidate: Variant


def variants_of(source: SourceLog, change: Change) -> Variants:
    """The variants of this change. Their logs' ids are functions of the source and of the settings.

    Raises InvalidSettings and Refused, which name each setting at fault.
    """
    settings = change.settings(source.settings)
    instances_of(settings)
    log_id = source.opening.log_id
    model = () if change.model is None else (change.model.form,)
    candidate = variant_id(log_id, [settings_form(settings), change.policy, *model])
    return Variants(Variant(log_id=control_id(log_id)), Variant(log_id=candidate, change=change))


def control_id(source: UUID) -> UUID:
    """The id of the control's log of the log with this id."""
    return variant_id(source, "control")


class WhatIf:
    """One what-if. `comparison` is the candidate beside the control, `reproduced` the control beside the recorded log.

    Both are complete after `steps` has ended. `log_id` is that of the candidate's log. `candidate` and `control` state
    what of the recording had no effect.
    """

    def __init__(
        self, recording: Recording, recorded: LogReader, change: Change, scorer: Scorer = NO_SCORER
    ) -> None:
        """`scorer` makes the scores of the models in force in both.

        Raises InvalidSettings and Refused, which name each setting at fault, before anything is fed."""
        self.recording = recording
        self._control_log, self._candidate_log = open_memory(AvroCodec()), open_memory(AvroCodec())
        control, candidate = Behaviour(), Behaviour()
        variants = variants_of(recording, change)
        self.log_id = variants.candidate.log_id
        self.control = Backtest(recording, variants.control, self._control_log, control.fold, scorer)
        self.candidate = Backtest(recording, variants.candidate, self._candidate_log, candidate.fold, scorer)
        self.comparison = Comparison(control, candidate)
        self.reproduced = Comparison(behaviour_of(recorded.read()), control)

    @property
    def compared(self) -> Compared:
        """What the report states."""
        return Compared(
            comparison=self.comparison,
            reproduced=self.reproduced,
            source=self.recording.opening,
            log_id=self.log_id,
            currency=self.recording.stake.currency,
            is_live=self.recording.is_live,
            left_out=self.candidate.left_out,
            declined=self.candidate.declined,
            fills=self.candidate.fills,
            notes=model_notes(self._candidate_log),
        )

    @property
    def total(self) -> int:
        """The number of steps."""
        return 2 * self.recording.total

    def steps(self) -> Iterator[int]:
        """Makes both logs in memory, and yields the number of inputs fed to them so far.

        Raises TapeMismatch where the candles are not those of the log, and what `Backtest.steps` raises.
        """
        skips = self.recording.is_of_candles
        with seldom_collected():
            yield from self.control.steps(self.recording.inputs(), skips=skips)
            _close(self.control, self.comparison.control)
            self._check_candles()
            for number in self.candidate.steps(self.recording.inputs(), skips=skips):
                yield self.recording.total + number
            _close(self.candidate, self.comparison.candidate)

    def write(self, target: EventLog) -> int:
        """Writes the candidate's log in one append; returns the ordinal of its last event. Raises the log's errors."""
        return target.append([one.envelope for one in self._candidate_log.read()])

    def close(self) -> None:
        """Releases both logs."""
        self._control_log.close()
        self._candidate_log.close()

    def _check_candles(self) -> None:
        """Raises TapeMismatch, which names the hour, where other candles were played than on the recorded log."""
        hour = next(differing_hour(self.comparison.control, self.reproduced.control), None)
        if hour is not None and not self.recording.is_live:
            raise TapeMismatch(
                f"the candles are not those that this log was made from: they differ in the hour of "
                f"{hour:%Y-%m-%d %H:%M} UTC, or end before it; nothing was written"
            )


def _close(backtest: Backtest, behaviour: Behaviour) -> None:
    """Takes the mark of the last hour, which is not over and not in the log."""
    if (mark := backtest.latest_mark) is not None:
        behaviour.summary.take(mark)


def variant_id(source: UUID, variant: object) -> UUID:
    """The id of the log of a variant, which is a JSON value: a function of the source's log id and of the variant."""
    form = [str(source), variant]
    return uuid5(_BACKTESTS, json.dumps(form, default=str, sort_keys=True))
