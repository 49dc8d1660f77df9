"""Time and size of an audit report over a long log of one account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from time import perf_counter
from typing import TypeVar

import msgspec

from domain.notary.merkle import CompactRange
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters
from infra.reports.page import page
from infra.reports.reading import Reading
from infra.reports.report import Report, Request, made
from projections.reports.period import Period
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, reader
from tests.benchmarks.one_account import fill_one_account

_EVENTS = 100_000
_MEGABYTE = 1_000_000
_T = TypeVar("_T")


def run() -> Sequence[Figure]:
    """A report of the whole log, one of its last month and one of its last day, on SQLite."""
    with fresh("SQLite") as address:
        events = fill_one_account(address, _EVENTS)
        note = f"{events:,} events"
        whole, took = _timed(lambda: _made(address, Period()))
        text, drawn = _timed(lambda: page(whole))
        written, encoded = _timed(lambda: msgspec.json.encode(whole.as_json()))
        last = whole.figures.ended.date()
        month, of_month = _timed(lambda: page(_made(address, Period(last - timedelta(days=29), last))))
        day, of_day = _timed(lambda: page(_made(address, Period(last, last))))
        with closing(reader(address)) as log:
            tree = CompactRange()
            _, rooted = _timed(Reading(log, whole.figures.account, events, tree).finish)
    actions = f"{len(whole.actions):,} actions in the trail"
    return (
        Figure("figures, trail and checkpoint", took, "s", None, note),
        Figure("the checkpoint alone", rooted, "s", None, note),
        Figure("the page", drawn, "s", None, actions),
        Figure("size of the page", len(text.encode()) / _MEGABYTE, "MB", None, actions),
        Figure("JSON", encoded, "s", None, actions),
        Figure("size of the JSON", len(written) / _MEGABYTE, "MB", None, actions),
        Figure("a page of the last 30 days", of_month, "s", None, note),
        Figure("size of that page", len(month.encode()) / _MEGABYTE, "MB", None, "with its trail"),
        Figure("a page of the last day", of_day, "s", None, note),
        Figure("size of that page", len(day.encode()) / _MEGABYTE, "MB", None, "with its trail"),
    )


def _made(address: str, period: Period) -> Report:
    with closing(reader(address)) as log, closing(FoundLetters(WhenceSettings(log=address))) as letters:
        return made(log, Request(period), letters(), None, None)


def _timed(measured: Callable[[], _T]) -> tuple[_T, float]:
    began = perf_counter()
    return measured(), perf_counter() - began
