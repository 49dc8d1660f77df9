"""The choice among equal instruments, as the signal of the entry holds it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct


class VenueCandidate(Struct, frozen=True, gc=False, kw_only=True):
    """One instrument in which the entry could be made, and what it would cost there.

    `why` is the reason for which it is no candidate, a name like `BOOK_STALE`; empty where it is one. `book_at` (UTC)
    and `update_id` are those of its book, -1 without one. `quantity` (base currency) is the size of the entry there,
    `middle` the middle of best bid and ask, `vwap` the mean price of the quantity, both in quote currency, `taker_fee`
    a fraction. `cost_bps` is the cost in 1/10,000 of the quantity at the middle price; see `domain/venues/cost.py`.
    Figures that were not computed are None.
    """

    instrument: str
    why: str = ""
    book_at: datetime | None = None
    update_id: int = -1
    quantity: Decimal | None = None
    middle: Decimal | None = None
    vwap: Decimal | None = None
    taker_fee: Decimal | None = None
    cost_bps: Decimal | None = None


class VenueChoice(Struct, frozen=True, gc=False, kw_only=True):
    """What was proposed, and the candidates: the proposed instrument first, the others in the order of the settings.

    `price`, `stop` and `target` are those of the proposal, in its quote currency; the signal has those of the chosen
    instrument. Without candidates nothing was chosen: the signal follows its strategy's position or waiting entry.
    """

    proposed: str
    price: Decimal
    stop: Decimal
    target: Decimal
    candidates: tuple[VenueCandidate, ...] = ()

    def of(self, instrument: str) -> VenueCandidate | None:
        """The candidate of this instrument; None without one."""
        return next((one for one in self.candidates if one.instrument == instrument), None)

    @property
    def cheapest(self) -> VenueCandidate | None:
        """The candidate in which the entry is made; None where it stays because the proposed one is no candidate.

        Among equal costs it is the first, so that the entry is moved only where that is cheaper.
        """
        if not self.candidates or self.candidates[0].why:
            return None
        costs = [(one.cost_bps, one) for one in self.candidates if one.cost_bps is not None and not one.why]
        return min(costs, key=lambda found: found[0])[1] if costs else None
