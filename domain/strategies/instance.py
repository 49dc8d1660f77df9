"""An instance of a strategy: what runs under an id of its own, on which instruments and which candles."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from domain.strategies import Strategy


class Instance(Struct, frozen=True, kw_only=True):
    """`id` is the owner of its positions, the strategy of its signals and what it is paused by.

    `instruments` empty is all of them; `interval` None is the one its candles come in.
    """

    id: str
    strategy: Strategy
    instruments: frozenset[str] = frozenset()
    interval: timedelta | None = None

    def watches(self, instrument: str) -> bool:
        """Whether it is to see this instrument's candles."""
        return not self.instruments or instrument in self.instruments
