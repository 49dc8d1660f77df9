"""Where Bybit is, and how long a client waits for it."""

from __future__ import annotations

from msgspec import Struct


class Site(Struct, frozen=True, gc=False, kw_only=True):
    """`http` and `socket` are the addresses of a venue of one's own (`http://host:port`, `ws://host:port`); empty for
    Bybit itself, its testnet or its demo trading.
    """

    testnet: bool = False
    demo: bool = False
    http: str = ""
    socket: str = ""


class Timing(Struct, frozen=True, gc=False, kw_only=True):
    """Seconds. A request waits `connect` for the connection and `response` for the response.

    A private socket is pinged every `ping` and is dead where a pong takes longer than `pong` (less than `ping`).
    Handshake, authentication and subscription are each answered within `answer`. After the n-th failure in a row the
    next connection waits at most `first_pause` x 2**(n-1), and never more than `longest_pause`; a connection that held
    for `held` ends the row, and so does one that brought pushes for `delivered`. Ten connections of a feed that are all
    cut that often use up the feed's share of Bybit's limit (`pace.py`), and wait for their turn then.
    """

    connect: float = 3.0
    response: float = 10.0
    ping: float = 20.0
    pong: float = 10.0
    answer: float = 10.0
    first_pause: float = 0.5
    longest_pause: float = 60.0
    held: float = 30.0
    delivered: float = 8.0
