"""Ids and sequence numbers of one venue: drawn from a seed, so the same calls give the same ids."""

from __future__ import annotations

from random import Random

_LEAST_NUMBER = 10**18


class Ids:
    """`seq` rises by one with every change of a book or position."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - ids are no secret
        self.seq = 0

    def continue_at(self, seq: int) -> None:
        """Continues the sequence of a venue that was saved; ids are drawn from another seed than its own were."""
        self.seq = max(self.seq, seq)
        self._random.seed(f"{self._random.random()}/{self.seq}")

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def number(self) -> str:
        """Text in the form of a spot order's id: 19 digits."""
        return str(_LEAST_NUMBER + self._random.getrandbits(62))

    def uuid(self) -> str:
        """Text in the form of a UUID of version 4."""
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
