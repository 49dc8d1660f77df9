"""A log with its tape over several days: a session each day, and inputs that are removed after one day."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from uuid import UUID

from adapters.avro import AvroCodec
from commands.door import Completed
from commands.input_tape import SessionBegun
from commands.request import Requested, ResetKillSwitch, TripKillSwitch
from domain.log import EventLog
from infra.config import WhenceSettings
from infra.inputs import input_tape, taped_inputs
from infra.logs import open_reader
from infra.run.manual import ManualRun
from infra.run.origin import FromSnapshot
from infra.run.replaying import Replay
from infra.run.snapshots import owned_log
from tests.domain.history import LOG_ID
from tests.infra.run.test_manual import BEGINNING, NOON, PRICES, fed

_SECOND = timedelta(seconds=1)


class TapedDays:
    """Manual trading whose clock stands at the next day after each session."""

    def __init__(self, settings: WhenceSettings, log_id: UUID = LOG_ID) -> None:
        self.settings, self._log_id, self._at = settings, log_id, NOON

    def pass_days(self, count: int) -> None:
        """So many sessions, of a request and some seconds each."""
        for _day in range(count):
            self._session()
            self._at += timedelta(days=1)

    def _session(self) -> None:
        with (
            owned_log(self.settings) as owned,
            input_tape(self.settings, owned.log, lambda: self._at) as tape,
        ):
            run = ManualRun(
                owned.log,
                BEGINNING,
                lambda _envelope: None,
                clock=lambda: self._at,
                name=lambda: self._log_id,
                feed=fed(PRICES),
                tape=tape,
                snapshots=owned.snapshots,
            )
            day = self._at.day
            trips = TripKillSwitch("enough") if day % 2 else ResetKillSwitch("again")
            answer = run.answer(
                Requested(
                    id=f"{self._at:%d%H%M}",
                    account="paper",
                    actor="eve",
                    valid_until=self._at + timedelta(minutes=1),
                    request=trips,
                )
            )
            assert isinstance(answer, Completed), answer
            for _second in range(3):
                self._at += _SECOND
                run.attend()
            run.close()


def begun(settings: WhenceSettings) -> Sequence[int]:
    """The number of events before each session on the tape."""
    given = (one.given for one in taped_inputs(settings))
    return [one.folded for one in given if isinstance(one, SessionBegun)]


def replayed_from(
    settings: WhenceSettings, ordinal: int | None = None, into: EventLog | None = None
) -> Replay:
    """The replay from the snapshot at this event, by default where the tape begins, to the end of the tape."""
    with closing(open_reader(settings)) as log:
        origin = FromSnapshot(settings, log, taped_inputs(settings), ordinal)
        replay = Replay(log, AvroCodec(), origin.inputs(), into=into, world=origin.world)
        for _ordinal in replay.steps():
            pass
        if replay.difference is None:
            assert replay.ordinal == log.head()
        return replay
