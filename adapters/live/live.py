"""The sources of subscriptions: the events of the log, and prices."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.live.prices import Prices
from adapters.live.tail import LiveTail


@dataclass(frozen=True, slots=True)
class Live:
    """`prices` is None in a process without an engine, because only an engine receives prices."""

    tail: LiveTail
    prices: Prices | None = None
