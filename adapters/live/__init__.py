"""Subscriptions to new events and prices. One thread of a process follows the log, for any number of subscribers."""

from adapters.live.live import Live
from adapters.live.prices import Prices
from adapters.live.tail import LiveTail

__all__ = ["Live", "LiveTail", "Prices"]
