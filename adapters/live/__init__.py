"""The live end of the log: one follower a process, any number of subscribers."""

from adapters.live.live import Live
from adapters.live.prices import Prices
from adapters.live.tail import LiveTail

__all__ = ["Live", "LiveTail", "Prices"]
