"""The driver with a tape: every input is taken before it is handled, and kept before its unit is appended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.account import OpenAccount
from commands.driver import Driver
from commands.engine import Engine
from commands.guarding import Guard
from commands.input_tape import Taped
from commands.inputs import Input, Tick, opening
from commands.sender import Sender
from commands.world import World
from domain.errors import InvalidInput, LogUnavailable
from tests.commands.desk import IDENTITY, OPENING
from tests.commands.list_log import ListLog
from tests.commands.mailbox import Mailbox
from tests.domain.history import NOW, D


class ListTape:
    """A tape in a list, whose store may not respond. It notes each call, with how many events the log held then."""

    def __init__(self, log: ListLog, *, responds: bool = True) -> None:
        self._log, self._responds = log, responds
        self.taken, self.calls = list[Taped](), list[tuple[str, int]]()

    def take(self, given: Taped) -> None:
        self.taken.append(given)
        self.calls.append(("take", self._log.head()))

    def keep(self) -> None:
        self.calls.append(("keep", self._log.head()))
        if not self._responds:
            raise LogUnavailable("the tape of inputs does not answer")

    def close(self) -> None:
        self.calls.append(("close", self._log.head()))


def _driver(log: ListLog, tape: ListTape) -> Driver:
    engine = Engine(World(), IDENTITY, since=NOW)
    sender = Sender(Mailbox(log), lambda: NOW, Guard(engine.world, engine.market))
    return Driver(engine, log, sender, lambda _envelope: None, tape=tape)


def test_an_input_is_taken_before_it_is_handled_and_kept_before_its_unit() -> None:
    log = ListLog()
    tape = ListTape(log)
    driver = _driver(log, tape)
    first = opening(IDENTITY.log_id, OPENING, NOW)
    tomorrow = NOW + timedelta(days=1)
    inputs: list[Input] = [first, Tick(tomorrow), Tick(tomorrow + timedelta(seconds=1))]
    for given in inputs:
        driver.handle(given)
    opened, turned = log.units
    assert tape.taken == inputs
    assert tape.calls == [("take", 0), ("keep", 0), ("take", opened), ("keep", opened), ("take", turned)]


def test_an_input_that_cannot_be_kept_leads_to_nothing() -> None:
    log = ListLog()
    tape = ListTape(log, responds=False)
    driver = _driver(log, tape)
    with pytest.raises(LogUnavailable):
        driver.handle(opening(IDENTITY.log_id, OPENING, NOW))
    assert (log.head(), driver.engine.world.ordinal) == (0, 0)


def test_an_input_that_the_engine_refuses_is_on_the_tape() -> None:
    log = ListLog()
    tape = ListTape(log)
    driver = _driver(log, tape)
    invalid = opening(IDENTITY.log_id, [OpenAccount("USDT", D(-1), D(5))], NOW)
    with pytest.raises(InvalidInput):
        driver.handle(invalid)
    assert (tape.taken, log.head()) == ([invalid], 0)
