"""How much a feed keeps, and how long it waits."""

from __future__ import annotations

from msgspec import Struct


class Bounds(Struct, frozen=True, gc=False, kw_only=True):
    """`instruments` is the largest number on one connection. Of one instrument at most `trades` trades and `updates`
    updates of its book wait for the caller.

    Seconds: a candle that was not pushed is fetched `late` after its end; a price is fetched of an instrument without a
    message for `quiet`, and again after that time; what is missing is looked for every `look`; a book is subscribed
    anew at most once in `renewal`.
    """

    instruments: int = 10
    trades: int = 10_000
    updates: int = 256
    late: float = 2.0
    quiet: float = 10.0
    renewal: float = 1.0
    look: float = 0.5
