"""Makes the reports that the API returns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock

import msgspec

from adapters.dead_letters.store import DeadLetters
from adapters.graphql.reporter import MadeReport
from adapters.log.recorder_log import RecordedLog
from domain.errors import Refused
from infra.config import WhenceSettings
from infra.personal import opened_json, opened_page
from infra.reports.page import page
from infra.reports.place import name_of
from infra.reports.report import Report, Request, made
from projections.reports.period import Period


class LogReporter:
    """Makes reports of one log, one at a time; safe to call from any thread."""

    def __init__(
        self, settings: WhenceSettings, log: RecordedLog, letters: Callable[[], DeadLetters]
    ) -> None:
        self._settings, self._log, self._letters = settings, log, letters
        self._making = Lock()

    def made(self, account: str, period: Period, strategy: str) -> MadeReport:
        """Reads the whole log. Raises what `infra.reports.report.made` raises, Refused while another report is made."""
        if not self._making.acquire(blocking=False):
            raise Refused("another report is being made: wait until it is done")
        try:
            found = made(self._log, Request(period, account, strategy), self._letters(), None, None)
        finally:
            self._making.release()
        figures = found.figures
        return MadeReport(
            name=name_of("report", found.kind, figures),
            kind=found.kind,
            currency=figures.currency,
            begun=figures.begun,
            ended=figures.ended,
            first=figures.first,
            last=figures.last,
            events=found.standing.computed.size,
            root=found.standing.root,
            statement=figures.statement if figures.scope.is_whole else None,
            page=partial(report_page, self._settings, found),
            json=partial(report_json, self._settings, found),
        )


def report_page(settings: WhenceSettings, report: Report) -> str:
    """The page with its personal texts opened. Raises KeyRefused."""
    return opened_page(settings, page(report))


def report_json(settings: WhenceSettings, report: Report) -> str:
    """The figures as a JSON file with its personal texts opened. Raises KeyRefused."""
    content = msgspec.json.format(msgspec.json.encode(report.as_json())).decode()
    return f"{opened_json(settings, content)}\n"
