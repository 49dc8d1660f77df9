"""Alerts of a log reach a real receiver at least once, also over restarts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from commands.account import ResetKillSwitch, TripKillSwitch
from domain.log import EventLog
from infra.alerts import AlertSettings
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.alerting import Alerting
from infra.run.alerts_sent import alerts_sent
from infra.store import migrate, open_store
from projections.severity import Severity
from tests.adapters.alerts.receiver import Receiver, receiving
from tests.commands.desk import Desk
from tests.domain.history import NOW


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver) -> WhenceSettings:
    alerts = AlertSettings(webhook=SecretStr(receiver.url), secret=SecretStr("key"))
    return WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}", alerts=alerts)


@pytest.fixture
def engine(settings: WhenceSettings) -> Iterator[Engine]:
    engine = open_store(settings)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def record(settings: WhenceSettings) -> Iterator[Callable[[Desk], None]]:
    """Appends the events of a desk that are not in the log yet."""
    with closing(open_owned(settings)) as log:

        def append(desk: Desk) -> None:
            _append(log, desk)

        yield append


def _append(log: EventLog, desk: Desk) -> None:
    known = log.head()
    log.append(desk.log.envelopes[known:])


def tripped(desk: Desk, key: str = "1") -> Desk:
    desk.ask(TripKillSwitch("enough"), cause=f"command:{key}")
    return desk


def ids(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]


def test_an_alert_is_sent_once_and_repeated_until_it_is_acknowledged(
    settings: WhenceSettings, engine: Engine, record: Callable[[Desk], None], receiver: Receiver
) -> None:
    record(tripped(Desk().opened()))
    clock = Clock()
    with closing(open_reader(settings)) as reader:
        alerting = Alerting(engine, reader, settings.alerts, clock=clock)
        alerting.step()
        alerting.step()
        clock.at += timedelta(minutes=30)
        alerting.step()
    first, again = receiver.requests
    event = json.loads(first.body)
    assert (event["kind"], event["severity"], event["line"]) == ("KILL_SWITCH_TRIPPED", "CRITICAL", "enough")
    assert json.loads(again.body) == event | {"repeat": 1}
    assert ids(receiver) == [f"{event['id']}:0", f"{event['id']}:1"]


def test_a_message_whose_answer_was_lost_is_sent_again_with_its_id_after_a_restart(
    settings: WhenceSettings, engine: Engine, record: Callable[[Desk], None], receiver: Receiver
) -> None:
    record(tripped(Desk().opened()))
    receiver.statuses.append(0)
    clock = Clock()
    for _ in range(3):
        with closing(open_reader(settings)) as reader:
            Alerting(engine, reader, settings.alerts, clock=clock).step()
        clock.at += timedelta(seconds=5)
    assert len(ids(receiver)) == 2
    assert len(set(ids(receiver))) == 1


def test_a_store_that_never_sent_alerts_begins_after_the_events_of_a_log(
    settings: WhenceSettings, engine: Engine, record: Callable[[Desk], None], receiver: Receiver
) -> None:
    desk = tripped(Desk().opened())
    record(desk)
    with closing(open_reader(settings)) as reader:
        alerting = Alerting(engine, reader, settings.alerts, patience=0.01)
        alerting.start()
        desk.ask(ResetKillSwitch("looked into it"), cause="command:2")
        record(tripped(desk, "3"))
        alerting.stop()
    (request,) = receiver.requests
    assert json.loads(request.body)["ordinal"] == len(desk.log.envelopes)


def test_the_last_alerts_of_a_run_are_sent_before_it_ends(
    settings: WhenceSettings, record: Callable[[Desk], None], receiver: Receiver
) -> None:
    with alerts_sent(settings):
        record(tripped(Desk().opened()))
    assert len(ids(receiver)) == 1


def test_alerts_below_the_level_are_not_sent(
    settings: WhenceSettings, engine: Engine, record: Callable[[Desk], None], receiver: Receiver
) -> None:
    record(tripped(Desk().opened()))
    quiet = settings.alerts.model_copy(update={"level": Severity.CRITICAL})
    with closing(open_reader(settings)) as reader:
        Alerting(engine, reader, quiet).step()
    assert len(ids(receiver)) == 1


def test_the_heartbeat_stops_while_the_program_is_not_ready(
    settings: WhenceSettings, engine: Engine, receiver: Receiver
) -> None:
    beating = AlertSettings(heartbeat=SecretStr(receiver.url))
    beaten = threading.Event()

    def is_ready() -> bool:
        beaten.set()
        return len(receiver.requests) < 1

    with closing(open_owned(settings)), closing(open_reader(settings)) as reader:
        alerting = Alerting(engine, reader, beating, is_ready=is_ready, patience=0.01)
        alerting.start()
        assert beaten.wait(10)
        alerting.stop()
    assert [request.path for request in receiver.requests] == ["/alerts"]


def test_two_processes_on_one_store_send_an_alert_once(
    settings: WhenceSettings, engine: Engine, record: Callable[[Desk], None], receiver: Receiver
) -> None:
    with alerts_sent(settings), alerts_sent(settings):
        record(tripped(Desk().opened()))
    assert len(ids(receiver)) == 1
