"""Requests in a log that no engine owns: those of the register of models, and changes of settings. This process owns
the log for one append.

They send nothing to an exchange, so they need neither a market nor an exchange. The events have the source and the
clock of the engine that wrote the log last: the next start goes on from them.
"""

from __future__ import annotations

import getpass
from contextlib import closing, nullcontext
from datetime import datetime, timedelta
from uuid import uuid4

from commands.door import Answer
from commands.engine import Engine
from commands.identity import Identity
from commands.input_tape import InputTape, session
from commands.inputs import RequestMade
from commands.model import RegisterModel
from commands.request import ChangeSettings, PromoteModel, ReportDrift, Requested, RetireModel, ReviewSettings
from commands.roles import Role
from commands.world import World
from domain.log import EventLog
from infra.config import WhenceSettings
from infra.inputs import has_tape, input_tape
from infra.logs import open_owned, open_reader, played_store
from infra.run.clock import utc_now
from infra.run.collecting import seldom_collected
from infra.run.last_instant import check_ends_with_instant
from infra.run.log_clock import engine_of_log, is_on_candles, now_by
from infra.run.personal import personal_texts_of
from infra.run.restoring import check_account

OfTheRegister = RegisterModel | PromoteModel | RetireModel | ReportDrift
AtRest = OfTheRegister | ChangeSettings | ReviewSettings
_VALID = timedelta(seconds=30)


def carried_out_at_rest(settings: WhenceSettings, request: AtRest, key: str | None = None) -> Answer:
    """Carries the request out in the log and returns the answer, as its engine would.

    `key` is the id of the request, a new one without it. A request that may still wait on the topic of requests has its
    id there, so that the next engine does not carry it out again.

    Raises LogOwned where an engine owns the log, InvalidInput where there is no log or it is of another account,
    LogReadOnly for a log that no engine goes on with, such as a backtest, Refused for a log on candles that may end
    within an instant, and the errors of log, tape and keys.
    """
    open_reader(settings).close()  # opening it as an owner would make a log that is not there
    with closing(open_owned(settings)) as log:
        source = engine_of_log(log)
        with seldom_collected():
            world = World().fold_all(one.envelope for one in log.read())
        check_account(world, settings.account)
        assert world.log_id is not None  # a log with an account has its opening
        if is_on_candles(source):
            with played_store(settings) as store:
                check_ends_with_instant(log, world.log_id, store)
        is_taped = not is_on_candles(source) and has_tape(settings)
        with input_tape(settings, log, utc_now) if is_taped else nullcontext() as tape:
            attended = _Unattended(log, world, source, now_by(log), tape, settings.account)
            return personal_texts_of(settings).answered(
                _requested(settings, request, key), world, attended.answer
            )


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


def _requested(settings: WhenceSettings, request: AtRest, key: str | None) -> Requested:
    return Requested(
        id=key or uuid4().hex,
        account=settings.account,
        actor=f"shell-{getpass.getuser()}",
        valid_until=utc_now() + _VALID,
        request=request,
        role=Role.ADMIN,
    )
