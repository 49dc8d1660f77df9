"""Serves a venue on loopback as Bybit's v5 API: REST, public, private and trade WebSockets."""

from adapters.simulated.server.clock import Clock, VirtualClock, WallClock
from adapters.simulated.server.server import VenueServer

__all__ = ["Clock", "VenueServer", "VirtualClock", "WallClock"]
