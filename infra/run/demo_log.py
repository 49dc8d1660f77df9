"""Logs by the run that made them: with real orders, a demo on live prices (`whence paper --live`), or a backtest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.log import Envelope
from domain.opening import LogOpened

PAPER_LIVE: Final = "paper-live"
"""The source of a demo run on live prices (`infra/run/paper_live.py`)."""

LIVE: Final = "live"
"""The source of a run that sends orders to an exchange (`infra/run/live.py`)."""

DEMO: Final = "DEMO on live prices: fills are simulated, and no order of this log was sent to an exchange"

MANUAL: Final = "manual"
"""The source of a run of manual requests (`infra/run/manual.py`)."""

BACKTEST: Final = "backtest"
"""The source of a backtest (`infra/run/backtest.py`)."""

NOT_TRADED: Final = "BACKTEST: fills are simulated, and no order of this log was sent to an exchange"

SYNTHETIC: Final = "SYNTHETIC MARKET: these prices are not real"

_NOTICES: Mapping[str, str] = {PAPER_LIVE: DEMO, BACKTEST: NOT_TRADED}
"""What the readers of a log get to know, by the source of its first event."""


def notice_of(first: Envelope) -> str | None:
    """What a reader of the log with this first event gets to know before its events; None for other logs."""
    return _NOTICES.get(first.meta.source)


def is_synthetic(first: Envelope) -> bool:
    """Whether the market of the log with this first event was generated."""
    return isinstance(first.event, LogOpened) and first.event.synthetic


def is_backtest(first: Envelope) -> bool:
    """Whether the log with this first event was made by a backtest."""
    return first.meta.source == BACKTEST


def is_demo(first: Envelope) -> bool:
    """Whether the log with this first event is that of a demo on live prices."""
    return first.meta.source == PAPER_LIVE


def is_live(first: Envelope) -> bool:
    """Whether the orders of the log with this first event were sent to an exchange."""
    return first.meta.source == LIVE
