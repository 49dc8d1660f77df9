"""Replays the books of a recording, and counts what it has of each instrument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from adapters.binance.market import market_at_binance
from adapters.bybit.book_frame import book_terms
from adapters.market_recordings.contents import contents, faults_of
from adapters.market_recordings.kind import kind_of
from adapters.market_recordings.row import BookRow, MarketRow, Notice, NoticeRow
from domain.book.book import Book, BookTerms, Taken
from domain.errors import InvalidInput
from infra.recording.sessions import overlaps

_NS = 1_000_000_000
GAPS = frozenset({Notice.GAP, Notice.LOST})
"""The notices after which the book of a recording is not known until its next whole one."""
_PATIENCE = float("inf")
"""A recorded silence is in a notice, so none is inferred from the times of arrival."""


class Checked(Struct, kw_only=True):
    """What a recording has of one instrument.

    `first_ns` and `last_ns` are times of arrival in nanoseconds since 1970. `declared` counts the notices of gaps and
    of lost rows, `undeclared` the gaps that the replay of the book finds and no notice declares. `is_known`: the book
    is known at the end. `levels` are the levels of its two sides then, 0 where it is not.
    """

    instrument: str
    counts: dict[str, int]
    first_ns: int
    last_ns: int
    declared: int = 0
    undeclared: int = 0
    is_known: bool = False
    levels: tuple[int, int] = (0, 0)


class _Replay:
    """The rows of one instrument, in order of arrival."""

    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self._books = dict[int, Book]()
        self._counts = Counter[str]()
        self._first = self._last = self._declared = self._undeclared = 0
        self._is_lost = False
        self._is_open = False
        """Whether the last message was a gap and no notice has followed: a recorder writes it before the next one."""

    def take(self, row: MarketRow) -> None:
        """Takes the next row."""
        self._counts[kind_of(row).name] += 1
        self._first = self._first or row.arrived_ns
        self._last = max(self._last, row.arrived_ns)
        if isinstance(row, BookRow):
            taken = self._book(row.depth).take(row.frame, self._last / _NS)
            self._undeclared += self._is_open
            self._is_open = taken is Taken.GAP
            self._is_lost = self._is_lost and taken is not Taken.REPLACED
        elif isinstance(row, NoticeRow):
            self._notice(row)

    def checked(self) -> Checked:
        """What was found."""
        known = [book for book in self._books.values() if book.best() is not None]
        return Checked(
            instrument=self.instrument,
            counts=dict(self._counts),
            first_ns=self._first,
            last_ns=self._last,
            declared=self._declared,
            undeclared=self._undeclared + self._is_open,
            is_known=bool(known) and len(known) == len(self._books),
            levels=(len(known[0].bids), len(known[0].asks)) if known else (0, 0),
        )

    def _book(self, depth: int) -> Book:
        if depth not in self._books:
            self._books[depth] = Book(self.instrument, terms_of(self.instrument, depth))
        return self._books[depth]

    def _notice(self, row: NoticeRow) -> None:
        if row.notice in GAPS and not (self._is_lost and row.notice is Notice.GAP):
            self._declared += 1
        # The recorder then gives up the book of the feed, too: that notice is of the same gap.
        self._is_lost = self._is_lost or row.notice is Notice.LOST
        self._is_open = self._is_open and row.notice not in GAPS
        for book in self._books.values():
            if row.notice is Notice.CONNECTED:
                book.begin()
            elif row.notice in GAPS and not book.why:
                book.begin()  # as the shelf does for a stale book: any snapshot may follow
                book.lose(row.detail)


def checked(rows: Iterable[MarketRow]) -> list[Checked]:
    """What the rows have of each instrument, in order of its id. Raises InvalidInput for an exchange without books."""
    replays = dict[str, _Replay]()
    for row in rows:
        if row.instrument not in replays:
            replays[row.instrument] = _Replay(row.instrument)
        replays[row.instrument].take(row)
    return [replays[name].checked() for name in sorted(replays)]


def terms_of(instrument: str, depth: int) -> BookTerms:
    """How the exchange of the instrument keeps a book of this depth. Raises InvalidInput for another exchange."""
    venue = instrument.rpartition(".")[2]
    if venue not in _TERMS:
        raise InvalidInput(
            f"{instrument} is of no exchange whose books are kept: {', '.join(sorted(_TERMS))}"
        )
    return _TERMS[venue](instrument, depth)


def _at_binance(instrument: str, _depth: int) -> BookTerms:
    market = market_at_binance((instrument,))
    return BookTerms(rule=market.rule, listed=market.listed, patience=_PATIENCE)


_TERMS: Mapping[str, Callable[[str, int], BookTerms]] = {
    "BYBIT": lambda _, depth: book_terms(depth, _PATIENCE),
    "BINANCE": _at_binance,
}


def folder_faults(root: Path, instruments: Collection[str] | None = None) -> list[str]:
    """What of a folder is not as it was recorded: sealed files that are missing or were changed, and instruments that
    two sessions have at the same time. `instruments` are the wanted ones, all where None.

    All sealed files are read. Raises what `contents` raises.
    """
    faults = list(faults_of(root, instruments))
    if faults:
        return faults
    return [
        f"{one.instrument} was recorded twice at the same time, in the sessions {one.one} and {one.other}: a backtest "
        "refuses the folder until the files of one of them (their names have its number) are in another one, and the "
        f"manifest was written anew by `whence recordings relist {root}`"
        for one in overlaps(contents(root, instruments))
    ]


def shown(one: Checked) -> dict[str, Any]:
    """The result as JSON."""
    return {
        "instrument": one.instrument,
        "rows": one.counts,
        "first_ns": one.first_ns,
        "last_ns": one.last_ns,
        "gaps": one.declared,
        "undeclared_gaps": one.undeclared,
        "book_is_known": one.is_known,
        "levels": list(one.levels),
    }
