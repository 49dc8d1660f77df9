"""Recall: resumes a log, by folding the recorded events of each stimulus instead of deciding them again.

After a stop the same tape is played from its first candle. While the log holds further events, the events of each
stimulus are taken from the log; a stimulus without events in the log has no consequences, which `unrecorded` checks for
reports. Therefore replay rebuilds the states, rules that were changed since do not alter history, and the
simulated exchange receives every call again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from commands.exchange import Amended, Filled, Triggered
from commands.mark import MarkAccount
from commands.order import EVENTS
from commands.position import ApplyFunding
from commands.stimulus import Stimulus
from domain.command_fact import is_command
from domain.errors import TapeMismatch
from domain.events import Event
from domain.log import Envelope, Recorded, id_text, is_outside_fact
from domain.managed import PositionManaged
from domain.mark import HOUR, AccountMarked
from domain.position import PositionFunded


class Recall:
    """Reads a log unit by unit; a unit holds all events that followed from one stimulus.

    `unmarked_until` is the end of the last recalled hour for which the log has no mark, None where it has all. An
    earlier version recorded that part of the log, and its candles cannot be compared with those of this tape.
    """

    def __init__(self, recorded: Iterator[Recorded]) -> None:
        self._recorded = recorded
        self._next = next(recorded, None)
        self._same_until: datetime | None = None
        self.unmarked_until: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether the log holds no further event, so that the next stimuli are decided."""
        return self._next is None

    def take(self, stimulus: Stimulus) -> Sequence[Envelope]:
        """The recorded events that followed from this stimulus; none if nothing followed.

        Raises TapeMismatch if the log holds an older event that no stimulus led to, if an execution or funding with the
        same fact differs, or if a mark was made of other candles. Recorded decisions are not compared with the current
        rules, and the equity of a mark is not compared either.
        """
        facts = {ask.cause for ask in stimulus.asks}
        taken = self._take_caused_by(facts, stimulus.at)
        if not taken:
            self._check_not_passed(stimulus.at)
            self._note_unmarked(stimulus)
        _check_same_facts(stimulus, taken)
        if taken and type(taken[0].event) is AccountMarked:
            self._check_same_candles(stimulus, taken[0].event)
        return taken

    def take_commands(self, until: datetime) -> Sequence[Envelope]:
        """The events of the next recorded request up to this time, if there is one. No tape holds requests."""
        upcoming = self._next
        if upcoming is None or upcoming.envelope.meta.recorded_at > until:
            return ()
        cause = upcoming.envelope.meta.causation_id
        if not is_command(cause):
            return ()
        return self._take_caused_by({cause}, upcoming.envelope.meta.recorded_at)

    def take_managed(self, at: datetime) -> Sequence[Envelope]:
        """The next events of the log, where they are what the manager of open positions decided at this time."""
        upcoming = self._next
        if upcoming is None or not isinstance(upcoming.envelope.event, PositionManaged):
            return ()
        return self._take(at, lambda one: isinstance(one.event, PositionManaged))

    def _take_caused_by(self, facts: set[str], at: datetime) -> Sequence[Envelope]:
        """The next events that these facts led to."""
        return self._take(at, lambda one: one.meta.causation_id in facts)

    def _take(self, at: datetime, begins: Callable[[Envelope], bool]) -> Sequence[Envelope]:
        """Takes the next events: those of an outside fact that `begins` is true of, and what followed from them.

        Takes only events with one recording time, because a fact that is repeated later leads to another unit.
        """
        taken: list[Envelope] = []
        ids: set[str] = set()
        while self._next is not None:
            envelope = self._next.envelope
            cause = envelope.meta.causation_id
            if envelope.meta.recorded_at != at:
                break
            if not (begins(envelope) if is_outside_fact(cause) else cause in ids):
                break
            taken.append(envelope)
            ids.add(id_text(envelope.meta.event_id))
            self._next = next(self._recorded, None)
        return taken

    def _note_unmarked(self, stimulus: Stimulus) -> None:
        command = stimulus.asks[0].command if stimulus.asks else None
        if isinstance(command, MarkAccount):
            self.unmarked_until = command.mark.hour + HOUR

    def _check_same_candles(self, stimulus: Stimulus, recorded: AccountMarked) -> None:
        """Raises TapeMismatch if the mark that the log holds was made of other candles than were played now.

        A hash of another algorithm cannot be compared. A log of an earlier version has no marks at its beginning; its
        first mark covers all candles before it.
        """
        command = stimulus.asks[0].command
        assert isinstance(command, MarkAccount)
        if command.mark.hash_algorithm != recorded.hash_algorithm:
            return
        if _played(command.mark) != _played(recorded):
            raise TapeMismatch(_changed_candles(self._same_until, recorded, command.mark))
        self._same_until = recorded.hour + HOUR

    def _check_not_passed(self, at: datetime) -> None:
        upcoming = self._next
        if upcoming is not None and upcoming.envelope.meta.recorded_at < at:
            meta = upcoming.envelope.meta
            raise TapeMismatch(
                f"the log holds {type(upcoming.envelope.event).__name__} at ordinal {upcoming.ordinal}, "
                f"caused by {meta.causation_id}, which this tape and these settings do not lead to; {_REMEDY}"
            )


def _check_same_facts(stimulus: Stimulus, taken: Sequence[Envelope]) -> None:
    """Raises TapeMismatch unless executions, triggers, amendments and funding on this tape equal those in the log."""
    reported = {
        ask.cause: _FACTS[type(ask.command)](ask.command)
        for ask in stimulus.asks
        if type(ask.command) in _FACTS
    }
    for envelope in taken if reported else ():
        event, expected = envelope.event, reported.get(envelope.meta.causation_id)
        if type(event) is type(expected) and event != expected:
            raise TapeMismatch(
                f"the log holds {event} on {envelope.meta.stream}, where this tape leads to {expected}; {_REMEDY}"
            )


def _played(mark: AccountMarked) -> tuple[int, str]:
    return mark.candles, mark.candle_hash


def _changed_candles(same_until: datetime | None, recorded: AccountMarked, found: AccountMarked) -> str:
    began = "" if same_until is None else f"after {same_until:%Y-%m-%d %H:%M} and "
    fewer = recorded.candles - found.candles
    numbers = (
        f"; the log counts {recorded.candles} candles by then, this tape {found.candles}" if fewer else ""
    )
    return (
        f"this tape was changed after the log was made from it: a candle that closed {began}not later than "
        f"{recorded.hour + HOUR:%Y-%m-%d %H:%M} UTC differs from the one that was played{numbers}; {_REMEDY}"
    )


_REMEDY = "play the tape this log was made from, or begin another log"
_FACTS: Mapping[type, Callable[[Any], Event]] = {
    Filled: EVENTS[Filled],
    Triggered: EVENTS[Triggered],
    Amended: EVENTS[Amended],
    ApplyFunding: lambda funding: PositionFunded(funding.amount),
}
NOTHING_TO_RECALL = Recall(iter(()))
