"""The way of the requests that change orders."""

from __future__ import annotations

from enum import StrEnum


class OrderWay(StrEnum):
    """REST: each is a request of its own. WEBSOCKET: each is a message on a connection that stands; by REST where it
    does not stand at that moment.
    """

    REST = "REST"
    WEBSOCKET = "WEBSOCKET"
