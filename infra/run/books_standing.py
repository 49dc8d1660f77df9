"""How a publisher of order books is: whether it knows each book that it holds."""

from __future__ import annotations

from domain.market import BookReading
from infra.run.announcing import Loop, Standing
from infra.run.book_publishing import Watched


class BooksStanding:
    """The standing of a publisher, which it also reports to `watched`. It holds no book where others hold them all."""

    def __init__(self, watched: Watched, loop: Loop) -> None:
        self._watched, self._loop = watched, loop
        self._held = self._known = 0

    def leased(self, change: str) -> None:
        """See `Watched`."""
        self._watched.leased(change)

    def published(self, reading: BookReading) -> None:
        """See `Watched`."""
        self._watched.published(reading)

    def show(self, *, held: int, known: int, dropped: int, unpublished: int) -> None:
        """See `Watched`."""
        self._held, self._known = held, known
        self._watched.show(held=held, known=known, dropped=dropped, unpublished=unpublished)

    def __call__(self) -> Standing:
        """The standing now."""
        unknown = self._held - self._known
        faults = [self._loop.fault]
        if unknown > 0:
            faults.append(f"{unknown} of its {self._held} books are not known")
        return Standing(fault="; ".join(filter(None, faults)))
