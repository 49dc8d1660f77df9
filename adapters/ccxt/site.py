"""Where an exchange is, and how long a client waits for it."""

from __future__ import annotations

from msgspec import Struct


class Site(Struct, frozen=True, gc=False, kw_only=True):
    """`sandbox` is the exchange's testnet, `demo` its demo trading.

    `http` and `socket` replace scheme and host of the exchange's addresses, for a venue of one's own
    (`http://host:port`, `ws://host:port`); empty for the exchange itself. `is_paced` where requests keep the
    exchange's rate limits, as far as ccxt knows them.
    """

    sandbox: bool = False
    demo: bool = False
    http: str = ""
    socket: str = ""
    is_paced: bool = True


class Timing(Struct, frozen=True, gc=False, kw_only=True):
    """Seconds. A request waits `response` for its connection, and as long for its response.

    Orders and trades are polled every `poll`, and every `safety_poll` where a stream shows them; funding every
    `funding_poll`. The first poll looks `look_back` into the past, at what an earlier process may have missed. A
    stream is pinged every `ping` and is dead where two pings are not answered. After the n-th failure in a row the
    next attempt waits at most `first_pause` x 2**(n-1), and never more than `longest_pause`.
    """

    response: float = 10.0
    poll: float = 2.0
    safety_poll: float = 10.0
    funding_poll: float = 60.0
    look_back: float = 3600.0
    ping: float = 10.0
    first_pause: float = 0.5
    longest_pause: float = 60.0
