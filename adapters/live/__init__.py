"""The end of the log as it happens: followed once for this process, handed to as many as ask."""

from adapters.live.live import Live
from adapters.live.prices import Prices
from adapters.live.tail import LiveTail

__all__ = ["Live", "LiveTail", "Prices"]
