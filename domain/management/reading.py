"""What the rules of the manager read of one open position at one time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from msgspec import Struct

from domain.arithmetic import EXACT
from domain.direction import Direction
from domain.instrument import Instrument
from domain.managed import LastManaged, ManagedBy, Rule, latest_of
from domain.management.settings import ManagementSettings
from domain.management.strong_book import StrongBook
from domain.management.turned import Turned
from domain.market import LastPrice
from domain.position import Open
from domain.regime import Regime

AT_MOST_EVERY = timedelta(seconds=1)
"""The least time between two moves of one stop, or of one target."""
AFTER_REFUSAL = timedelta(seconds=10)
"""The least time to the next move after one that the exchange refused, and after a person has undone one."""
LONGEST_WAIT = timedelta(minutes=10)
"""The least time to the next move after many in a row that the exchange refused."""
_DOUBLED = 6
"""After so many the wait is the longest."""

_STEP = Decimal("1e-8")


class Reading(Struct, frozen=True, gc=False, kw_only=True):
    """One position at `at` (UTC), as its manager reads it.

    `price` is the instrument's last price; None where none is recent. `settings` are those of the position's owner in
    the `regime` in force. `last` is the last action of each rule on the position. `can_move_stop` and
    `can_move_target` state whether such orders rest at the exchange, with no request about them under way, and
    `can_reduce` whether no order is under way that closes a part of it. `signs` are the last turns of the signs of a
    reversal, where a candle of the owner's interval has just closed. `stop_moved_at` and `target_moved_at` are when
    they were last moved, by anyone (UTC); None before the first move. `book` are the strong levels of the order book
    where a reading of it is judged; None otherwise, and where the book is not known.
    """

    state: Open
    opened_at: datetime
    at: datetime
    price: LastPrice | None
    rules: Instrument
    regime: Regime | None
    settings: ManagementSettings
    last: Mapping[Rule, LastManaged]
    can_move_stop: bool
    can_move_target: bool
    can_reduce: bool = True
    signs: Mapping[str, Turned] | None = None
    stop_moved_at: datetime | None = None
    target_moved_at: datetime | None = None
    book: StrongBook | None = None

    @property
    def is_long(self) -> bool:
        """Whether the position gains when the price rises."""
        return self.state.direction is Direction.LONG

    @property
    def profit(self) -> Decimal | None:
        """The price's distance from the average entry in the position's favour, as a fraction of the average entry.

        Rounded down to 1e-8. None without a price.
        """
        return None if self.price is None else self.profit_at(self.price.price)

    def profit_at(self, price: Decimal) -> Decimal:
        """The profit, as `profit`, at another price (quote currency)."""
        entry = self.state.average_price
        gain = EXACT.subtract(price, entry) if self.is_long else EXACT.subtract(entry, price)
        return EXACT.divide(gain, entry).quantize(_STEP, rounding=ROUND_FLOOR, context=EXACT)

    @property
    def close_price(self) -> Decimal | None:
        """The price (quote currency) that a close gets: the bid for a long and the ask for a short where recent ones
        are known, else the last price. None without a price.
        """
        if self.price is None:
            return None
        side = self.price.bid if self.is_long else self.price.ask
        return self.price.price if side is None else side

    @property
    def held_for(self) -> timedelta:
        """The time since the position was opened."""
        return self.at - self.opened_at

    @property
    def least_move(self) -> Decimal | None:
        """The least move of a stop or target, in quote currency; None without a price."""
        if self.price is None:
            return None
        return max(self.rules.tick, EXACT.multiply(self.settings.minimum_step, self.price.price))

    def is_due(self, action: ManagedBy) -> bool:
        """Whether enough time has passed since the last action of this kind, which moved a stop or a target."""
        latest = latest_of(action, self.last)
        if latest is None:
            return True
        now = {ManagedBy.MOVE_STOP: self.state.stop, ManagedBy.MOVE_TARGET: self.state.target}
        wanted = {ManagedBy.MOVE_STOP: latest.stop, ManagedBy.MOVE_TARGET: latest.target}
        if now[action] == wanted[action]:
            return self.at - latest.at >= AT_MOST_EVERY
        moved = {ManagedBy.MOVE_STOP: self.stop_moved_at, ManagedBy.MOVE_TARGET: self.target_moved_at}[action]
        return self.at - max(latest.at, moved or latest.at) >= _after_refusal(latest)


def _after_refusal(latest: LastManaged) -> timedelta:
    """The wait after a move that the position does not have: doubled with each one in a row that was not done."""
    doubled = 0 if latest.is_done else min(latest.undone_before, _DOUBLED)
    return min(AFTER_REFUSAL * (1 << doubled), LONGEST_WAIT)
