"""Reports that the API makes: one at a time, and a late one waits for the next request."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from adapters.graphql.reporter import MadeReport
from domain.errors import Refused
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.logs import open_reader
from infra.reports.reporter import LogReporter
from projections.reports.period import Period
from tests.infra.cli.conftest import sealed_log

WHOLE = Period(None, None)
__all__ = ["sealed_log"]


class Reporter(LogReporter):
    """Counts the readings of the log, each of which waits until it may go on."""

    def __init__(self, settings: WhenceSettings, held: list[object]) -> None:
        reader = open_reader(settings)
        held.append(reader)
        super().__init__(settings, reader, lambda: open_letters(settings), lambda: self.now)
        self.now, self.readings = 0.0, 0
        self.begun, self.may_go_on = Event(), Event()

    def _read(self, account: str, period: Period, strategy: str) -> MadeReport:
        self.readings += 1
        self.begun.set()
        assert self.may_go_on.wait(30)
        return super()._read(account, period, strategy)


@pytest.fixture
def reporter(sealed_log: Path) -> Generator[Reporter]:
    settings = WhenceSettings(log=f"sqlite:///{sealed_log}")
    held = list[object]()
    made = Reporter(settings, held)
    with closing(held[0]):  # type: ignore[type-var]
        yield made


def test_a_report_that_took_too_long_is_returned_to_the_next_request(reporter: Reporter) -> None:
    with ThreadPoolExecutor() as requests:
        first = requests.submit(reporter.made, "paper", WHOLE, "")
        assert reporter.begun.wait(30)
        with pytest.raises(Refused, match="another report is being made"):
            reporter.made("paper", WHOLE, "trend")
        second = requests.submit(reporter.made, "paper", WHOLE, "")
        reporter.now = 40.0
        reporter.may_go_on.set()
        assert first.result(30) is second.result(30)
    assert reporter.made("paper", WHOLE, "") is first.result()
    reporter.now = 700.0
    assert reporter.made("paper", WHOLE, "") is not first.result()
    assert reporter.readings == 2


def test_a_report_that_was_made_in_time_is_made_anew_by_the_next_request(reporter: Reporter) -> None:
    reporter.may_go_on.set()
    assert reporter.made("paper", WHOLE, "") is not reporter.made("paper", WHOLE, "")
    assert reporter.readings == 2


def test_a_report_that_fails_is_begun_again_by_the_next_request(reporter: Reporter) -> None:
    reporter.may_go_on.set()
    for _ in range(2):
        with pytest.raises(Exception, match="nobody"):
            reporter.made("nobody", WHOLE, "")
    assert reporter.readings == 2
