"""The member that judges an entry by the order book: it is known and fresh, and the entry does not cost too much.

It votes where the signal has a book (`SignalDetected.book`): on entries of strategies that read books, and on all where
`trading.book.required` is on. So it leaves no trace in other decisions. It never judges an exit.
"""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT, ZERO
from domain.book.book_read import BookRead
from domain.book.settings import BookSettings
from domain.book.sweep import Sweep, sweep
from domain.committees.case import Case
from domain.committees.member import Figure, Judgement, Member, judgement
from domain.direction import entry_side
from domain.signal import Chamber
from domain.slippage import slippage

NAME = "book"
EXPECTED_SLIPPAGE = "expected_slippage_bps"
"""The figure that states the slippage that was expected, as `domain.slippage.Slippage.basis_points`."""
_STEP = Decimal("0.0001")
_TEN_THOUSAND = Decimal(10_000)


def book_members(case: Case) -> tuple[Member, ...]:
    """The member, where it votes."""
    origin = case.entry.origin
    return () if origin is None or origin.book is None else (MEMBER,)


def book(case: Case) -> Judgement:
    """The book is known and not stale, and holds the whole quantity at a cost within the limit.

    The cost is that of a market order of the sized quantity that takes the levels of the reading, best first
    (`domain/book/sweep.py`): what it costs beyond the best price, in 1/10,000 of the quantity at the best price. The
    expected slippage is against the signal's price, so that it compares with that of the fills. The levels of a grid
    rest, and take nothing.
    """
    read = case.signal.book
    if read is None:
        raise ValueError("the signal has no book")
    settings = case.view.settings.settings.book_of(case.entry.owner)
    age = case.view.now - read.at
    figures: dict[str, Figure] = {
        "at": read.at,
        "update_id": str(read.update_id),
        "age_seconds": age.total_seconds(),
        "stale_seconds": str(settings.stale_seconds),
    }
    if read.why:
        return judgement({"BOOK_UNKNOWN": True}, **figures, why=read.why)
    if age > settings.stale_after:
        return judgement({"BOOK_STALE": True}, **figures)
    quantity = case.plan.sized.quantity
    if case.entry.grid is not None or quantity <= ZERO:
        return judgement({}, **figures)
    return _swept(case, read, quantity, settings, figures)


MEMBER = Member(NAME, Chamber.RISK, book)


def _swept(
    case: Case, read: BookRead, quantity: Decimal, settings: BookSettings, figures: dict[str, Figure]
) -> Judgement:
    side = entry_side(case.entry.direction)
    taken = sweep(read.taken_by(side), quantity)
    cost, most = _basis_points(taken), settings.max_slippage_bps
    expected = slippage(side, case.entry.price, taken.filled, taken.value) if taken.is_whole else None
    return judgement(
        {
            "BOOK_TOO_THIN": not taken.is_whole,
            "EXPECTED_SLIPPAGE": bool(most) and taken.is_whole and cost > most,
        },
        **figures,
        quantity=quantity,
        filled=taken.filled,
        best=taken.best,
        worst=taken.worst,
        vwap=taken.vwap,
        cost=taken.cost,
        cost_bps=cost,
        max_slippage_bps=most,
        **{EXPECTED_SLIPPAGE: None if expected is None else expected.basis_points},
    )


def _basis_points(taken: Sweep) -> Decimal:
    """The cost beyond the best price in 1/10,000 of the filled quantity at the best price, rounded to 0.0001."""
    if taken.best is None or not taken.filled:
        return ZERO
    points = EXACT.divide(EXACT.multiply(taken.cost, _TEN_THOUSAND), EXACT.multiply(taken.best, taken.filled))
    return points.quantize(_STEP, context=EXACT)
