"""The clock by which a log goes on: the wall clock, or the time of its candles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from domain.errors import InvalidInput, LogReadOnly
from domain.log import LogReader
from infra.run import paper
from infra.run.clock import SteadyClock, utc_now
from infra.run.demo_log import LIVE, MANUAL, PAPER_LIVE

_IS_ON_CANDLES: Final[Mapping[str, bool]] = {
    paper.SOURCE: True,
    MANUAL: False,
    LIVE: False,
    PAPER_LIVE: False,
}
"""Whether the engine that records events of this source has the time of its candles, and no wall clock."""


def engine_of_log(log: LogReader) -> str:
    """The source of the engine that wrote the log last, as its events have it.

    Raises InvalidInput for an empty log, LogReadOnly for one that no engine goes on with, such as a backtest.
    """
    first = next(log.read(upto=1), None)
    if first is None:
        raise InvalidInput("the log has no events: `whence paper` or `whence live` opens a log")
    opened = first.envelope.meta.source
    if opened not in _IS_ON_CANDLES:
        raise LogReadOnly(
            f"this log was written by {opened}, and no engine goes on with it: name the log of an engine with --log"
        )
    return _last_source(log)


def is_manual(log: LogReader) -> bool:
    """Whether a run of manual requests wrote the log last: its time is the wall clock's since the first of them."""
    return _last_source(log) == MANUAL


def now_by(log: LogReader) -> datetime:
    """The time (UTC) at which an event that is recorded now would be: that of the last event in a log on candles, which
    a run that plays them again meets there; else the wall clock's, and never before the last event.
    """
    end = _end(log)
    if _IS_ON_CANDLES.get(_last_source(log), False):
        return end
    clock = SteadyClock(utc_now)
    clock.not_before(end)
    return clock.tick()


def is_on_candles(source: str) -> bool:
    """Whether the engine of this source (`engine_of_log`) has the time of its candles."""
    return _IS_ON_CANDLES[source]


def is_of_an_engine(source: str) -> bool:
    """Whether events of this source are of an engine; those of an adoption are not."""
    return source in _IS_ON_CANDLES


def _last_source(log: LogReader) -> str:
    """The source of the last event of an engine; an adoption has another one. Empty where there is none."""
    for ordinal in range(log.head(), 0, -1):
        source = next(log.read(after=ordinal - 1, upto=ordinal)).envelope.meta.source
        if is_of_an_engine(source):
            return source
    return ""


def _end(log: LogReader) -> datetime:
    head = log.head()
    return next(log.read(after=head - 1, upto=head)).envelope.meta.recorded_at
