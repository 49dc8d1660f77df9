"""A position without a stop is alerted by the engine's process; the alert ends when a stop covers the position."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from adapters.alerts.book import NoticeBook
from commands.watchdog import LONGEST_BARE
from domain.errors import StoreUnavailable
from infra.alerts import AlertSettings
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.alerts_sent import positions_alerted
from infra.run.faults import UNPROTECTED
from infra.run.position_alerts import PositionAlerts
from infra.store import migrate, open_store
from tests.commands.test_watchdog import Watched
from tests.domain.history import ACCOUNT

SENT = AlertSettings(webhook=SecretStr("http://127.0.0.1:9/alerts"), secret=SecretStr("key"))


@pytest.fixture
def settings(tmp_path: Path) -> WhenceSettings:
    found = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}", account=ACCOUNT, alerts=SENT)
    open_owned(found).close()
    return found


@pytest.fixture
def engine(settings: WhenceSettings) -> Iterator[Engine]:
    engine = open_store(settings)
    migrate(engine)
    yield engine
    engine.dispose()


def kinds(engine: Engine) -> list[str]:
    return [entry.notice.kind for entry in NoticeBook(engine).entries()]


def test_a_bare_position_has_one_notice_until_a_stop_covers_it(engine: Engine) -> None:
    watched = Watched()
    alerts = PositionAlerts(engine, SENT, ACCOUNT, watched.dog, clock=lambda: watched.desk.at + LONGEST_BARE)
    alerts.step()
    assert kinds(engine) == []
    watched.fills("50")
    alerts.step()
    alerts.step()
    assert kinds(engine) == [UNPROTECTED]
    watched.rests()
    alerts.step()
    assert kinds(engine) == []


def test_the_alerts_of_a_run_look_a_last_time_at_its_end(settings: WhenceSettings, engine: Engine) -> None:
    """The desk's times are past, so its bare position is late at once."""
    watched = Watched()
    with positions_alerted(settings, watched.dog):
        watched.fills("50")
    assert kinds(engine) == [UNPROTECTED]


def test_a_store_that_does_not_answer_ends_no_run(
    settings: WhenceSettings,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(*_: object) -> None:
        raise StoreUnavailable("no answer")

    monkeypatch.setattr(NoticeBook, "withdraw", fails)
    with closing(Closed(PositionAlerts(engine, SENT, ACCOUNT, Watched().dog))):
        pass
    assert caplog.messages == ["positions without a stop raise no alert until the store answers: no answer"]


class Closed:
    """Starts the alerts, and stops them when it is closed."""

    def __init__(self, alerts: PositionAlerts) -> None:
        self._alerts = alerts
        alerts.start()

    def close(self) -> None:
        self._alerts.stop()
