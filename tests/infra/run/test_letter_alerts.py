"""The alert of many dead letters is raised over 100, sent, and withdrawn by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.alerts.book import NoticeBook
from adapters.dead_letters.state import LetterSource, LetterState
from adapters.dead_letters.store import Counts
from domain.errors import StoreUnavailable
from infra.alerts import AlertSettings
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.alerting import Alerting
from infra.run.letter_notices import letter_notices
from infra.store import migrate, open_store
from projections.severity import Severity
from tests.adapters.alerts.receiver import Receiver, receiving
from tests.domain.history import NOW

NEW, GONE = (LetterSource.EXCHANGE, LetterState.NEW), (LetterSource.EXCHANGE, LetterState.DISCARDED)
OTHERS = {(LetterSource.RECORD, LetterState.PERMANENT): 40, (LetterSource.COMMAND, LetterState.RETRIED): 20}


class Scene:
    """A log without events, and how many of its letters are open."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        alerts = AlertSettings(webhook=SecretStr(receiver.url), secret=SecretStr("key"))
        self.settings = WhenceSettings(log=f"sqlite:///{folder / 'log.db'}", alerts=alerts)
        open_owned(self.settings).close()
        self.engine, self.receiver = open_store(self.settings), receiver
        migrate(self.engine)
        self.counts: Counts = {}
        self.at, self.fails = NOW, False

    def letters(self) -> Counts:
        if self.fails:
            raise StoreUnavailable("the letters do not answer")
        return self.counts

    def step(self) -> None:
        with closing(open_reader(self.settings)) as reader:
            alerting = Alerting(
                self.engine, reader, self.settings.alerts, clock=lambda: self.at, letters=self.letters
            )
            alerting.step()

    @property
    def open(self) -> list[str]:
        return [entry.notice.kind for entry in NoticeBook(self.engine).entries()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with receiving() as receiver:
        scene = Scene(tmp_path, receiver)
        yield scene
        scene.engine.dispose()


@pytest.mark.parametrize(
    ("counts", "is_raised"),
    [
        ({}, False),
        ({NEW: 100}, False),
        ({NEW: 101}, True),
        ({NEW: 40, **OTHERS}, False),
        ({NEW: 41, **OTHERS}, True),
        ({NEW: 100, GONE: 5_000}, False),
    ],
)
def test_more_than_100_open_letters_raise_a_notice(counts: Counts, is_raised: bool) -> None:
    found = list(letter_notices(counts, NOW))
    assert [(one.severity, one.kind) for one in found] == [(Severity.WARNING, "DEAD_LETTERS")] * is_raised


def test_the_alert_is_sent_once_and_withdrawn_when_the_letters_are_few_again(scene: Scene) -> None:
    scene.counts = {NEW: 1_234}
    scene.step()
    scene.step()
    [request] = scene.receiver.requests
    assert json.loads(request.body)["line"].startswith("1,234 messages, records or requests")
    assert scene.open == ["DEAD_LETTERS"]
    scene.counts = {NEW: 100, GONE: 1_134}
    scene.step()
    assert scene.open == []
    [entry] = NoticeBook(scene.engine).entries(every=True)
    assert entry.acknowledged_by == "system"
    scene.at += timedelta(hours=1)
    scene.step()
    assert len(scene.receiver.requests) == 1


def test_an_acknowledged_alert_is_raised_again_in_the_next_hour_while_the_letters_are_open(
    scene: Scene,
) -> None:
    scene.counts = {NEW: 101}
    scene.step()
    book = NoticeBook(scene.engine)
    book.acknowledge([entry.notice.id for entry in book.entries()], "tess", scene.at)
    scene.step()
    assert scene.open == []
    scene.at += timedelta(hours=1)
    scene.step()
    assert scene.open == ["DEAD_LETTERS"]


def test_letters_that_cannot_be_counted_change_nothing(scene: Scene) -> None:
    scene.counts = {NEW: 101}
    scene.step()
    scene.fails = True
    scene.step()
    assert scene.open == ["DEAD_LETTERS"]
