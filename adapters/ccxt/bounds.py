"""How much a feed keeps, and how long it waits."""

from __future__ import annotations

from msgspec import Struct


class Bounds(Struct, frozen=True, gc=False, kw_only=True):
    """Of one instrument at most `trades` trades wait for the caller.

    Seconds: a candle is fetched `late` after its end, and again after `again` as long as the exchange does not show
    that it is closed; trades, books and quotes are fetched every `poll`; what is due is looked for every `look`. Quotes
    of a stream that was silent for `quiet` are fetched, too.
    """

    trades: int = 10_000
    late: float = 0.5
    again: float = 1.0
    poll: float = 1.0
    look: float = 0.25
    quiet: float = 10.0
