"""Makes the reports that the API returns."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Lock, Thread

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

_Wanted = tuple[str, Period, str]
"""Account, period and strategy of a report."""


_PATIENCE_SECONDS = 20.0
"""A request is certainly still there after so many seconds; see `adapters.http.options`."""
_KEPT_SECONDS = 600.0


class _Making:
    """A report that is being made. What took longer than a request may last is kept for the next one."""

    def __init__(self, wanted: _Wanted, begun: float) -> None:
        self.wanted, self.begun = wanted, begun
        self.ended = begun
        self.result: Future[MadeReport] = Future()

    def is_kept(self, now: float) -> bool:
        """Whether a new request gets this report. One that was made in time was returned already."""
        if not self.result.done():
            return True
        is_late = self.ended - self.begun > _PATIENCE_SECONDS
        return is_late and now <= self.ended + _KEPT_SECONDS


class LogReporter:
    """Makes reports of one log, one at a time; safe to call from any thread.

    A report of a large log takes longer than a request may last. It is made to its end in a thread of its own, and the
    next request for the same report returns it, for ten minutes.
    """

    def __init__(
        self,
        settings: WhenceSettings,
        log: RecordedLog,
        letters: Callable[[], DeadLetters],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds` is a clock that never goes back."""
        self._seconds = seconds
        self._settings, self._log, self._letters = settings, log, letters
        self._lock = Lock()
        self._making: _Making | None = None

    def made(self, account: str, period: Period, strategy: str) -> MadeReport:
        """Reads the whole log. Raises what `infra.reports.report.made` raises, Refused while another report is made."""
        return self._begun((account, period, strategy)).result.result()

    def _begun(self, wanted: _Wanted) -> _Making:
        """This report where it is being made, or was made for a request that has ended meanwhile; else it is begun."""
        with self._lock:
            present = self._making
            if present is not None and present.wanted == wanted and present.is_kept(self._seconds()):
                return present
            if present is not None and not present.result.done():
                raise Refused("another report is being made: wait until it is done")
            self._making = made = _Making(wanted, self._seconds())
        Thread(target=self._make, args=(made,), name="report", daemon=True).start()
        return made

    def _make(self, making: _Making) -> None:
        try:
            found = self._read(*making.wanted)
        except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
            making.result.set_exception(error)
        else:
            making.ended = self._seconds()
            making.result.set_result(found)

    def _read(self, account: str, period: Period, strategy: str) -> MadeReport:
        found = made(self._log, Request(period, account, strategy), self._letters(), None, None)
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
