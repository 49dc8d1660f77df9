"""Which runs make a log with real orders, and which a demo on live prices (`whence paper --live`)."""

from __future__ import annotations

from typing import Final

from domain.log import Envelope

PAPER_LIVE: Final = "paper-live"
"""The source of a demo run on live prices (`infra/run/paper_live.py`)."""

LIVE: Final = "live"
"""The source of a run that sends orders to an exchange (`infra/run/live.py`)."""

DEMO: Final = "DEMO on live prices: fills are simulated, and no order of this log was sent to an exchange"


def is_demo(first: Envelope) -> bool:
    """Whether the log with this first event is that of a demo on live prices."""
    return first.meta.source == PAPER_LIVE


def is_live(first: Envelope) -> bool:
    """Whether the orders of the log with this first event were sent to an exchange."""
    return first.meta.source == LIVE
