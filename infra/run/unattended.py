"""Requests of the register of models in a log that no engine owns: this process owns it for one append.

They send nothing to an exchange, so they need neither a market nor an exchange. The events have the source and the
clock of the engine that wrote the log last: the next start goes on from them.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from contextlib import closing, nullcontext
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from commands.door import Answer
from commands.engine import Engine
from commands.identity import Identity
from commands.input_tape import InputTape, session
from commands.inputs import RequestMade
from commands.model import RegisterModel
from commands.request import PromoteModel, ReportDrift, Requested, RetireModel
from commands.roles import Role
from commands.world import World
from domain.errors import InvalidInput, LogReadOnly
from domain.log import EventLog
from infra.config import WhenceSettings, shown
from infra.inputs import has_tape, input_tape
from infra.logs import open_owned, open_reader
from infra.run import manual, paper
from infra.run.clock import SteadyClock, utc_now
from infra.run.collecting import seldom_collected
from infra.run.demo_log import LIVE, PAPER_LIVE
from infra.run.personal import personal_texts_of
from infra.run.restoring import check_account

OfTheRegister = RegisterModel | PromoteModel | RetireModel | ReportDrift
_VALID = timedelta(seconds=30)
_ON_THE_WALL_CLOCK: Final[Mapping[str, bool]] = {
    paper.SOURCE: False,
    manual.SOURCE: True,
    LIVE: True,
    PAPER_LIVE: True,
}
"""Whether the engine that records events of this source has the wall clock; else it has the time of its candles."""


def carried_out_at_rest(settings: WhenceSettings, request: OfTheRegister) -> Answer:
    """Carries the request out in the log and returns the answer, as its engine would.

    Raises LogOwned where an engine owns the log, InvalidInput where there is no log or it is of another account,
    LogReadOnly for a log that no engine goes on with, such as a backtest, and the errors of log, tape and keys.
    """
    open_reader(settings).close()  # opening it as an owner would make a log that is not there
    with closing(open_owned(settings)) as log:
        world, source = _folded(log, settings)
        check_account(world, settings.account)
        is_live = _ON_THE_WALL_CLOCK[source]
        taped = is_live and has_tape(settings)
        with input_tape(settings, log, utc_now) if taped else nullcontext() as tape:
            at = _now(log) if is_live else _end(log)
            attended = _Unattended(log, world, source, at, tape, settings.account)
            return personal_texts_of(settings).answered(_requested(settings, request), world, attended.answer)


class _Unattended:
    """The engine of one request."""

    def __init__(
        self, log: EventLog, world: World, source: str, at: datetime, tape: InputTape | None, account: str
    ) -> None:
        assert world.log_id is not None  # a log with an account has its opening
        identity = Identity(world.log_id, account, source)
        self._log, self._at, self._tape = log, at, tape
        self._engine = Engine(world, identity, since=at, marks=False)
        if tape is not None:
            tape.take(session(identity, world, at, marks=False))

    def answer(self, requested: Requested) -> Answer:
        """Appends what follows from the request. Raises the errors of log and tape."""
        given = RequestMade(self._at, utc_now(), requested)
        if self._tape is not None:
            self._tape.take(given)
        work = self._engine.process(given)
        while True:
            try:
                unit = next(work)
            except StopIteration as done:
                answer: Answer | None = done.value
                assert answer is not None  # the work of a request returns its answer
                return answer
            if self._tape is not None:
                self._tape.keep()
            self._log.append(unit.envelopes)
            self._engine.confirm(unit)


def _requested(settings: WhenceSettings, request: OfTheRegister) -> Requested:
    return Requested(
        id=uuid4().hex,
        account=settings.account,
        actor=f"shell-{getpass.getuser()}",
        valid_until=utc_now() + _VALID,
        request=request,
        role=Role.ADMIN,
    )


def _folded(log: EventLog, settings: WhenceSettings) -> tuple[World, str]:
    """The state of the whole log, and the source of the engine that wrote it last.

    Raises InvalidInput for an empty log, LogReadOnly for one that no engine goes on with.
    """
    world, source, opened = World(), "", ""
    with seldom_collected():
        for recorded in log.read():
            world.fold(recorded.envelope)
            found = recorded.envelope.meta.source
            opened = opened or found
            source = found if found in _ON_THE_WALL_CLOCK else source
    if not opened:
        raise InvalidInput(
            f"{shown(settings.log)} has no events: `whence paper` or `whence live` opens a log"
        )
    if opened not in _ON_THE_WALL_CLOCK:
        raise LogReadOnly(
            f"{shown(settings.log)} was written by {opened}, and no engine goes on with it: name the log of an "
            "engine with --log"
        )
    return world, source


def _now(log: EventLog) -> datetime:
    clock = SteadyClock(utc_now)
    clock.not_before(_end(log))
    return clock.tick()


def _end(log: EventLog) -> datetime:
    """The time of the last event: a run that plays the candles again meets the request after it."""
    head = log.head()
    return next(log.read(after=head - 1, upto=head)).envelope.meta.recorded_at
