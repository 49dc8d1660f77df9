"""Buy and hold of the traded instruments, by the prices that the log itself has: of signals and of fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from domain.arithmetic import EXACT, ONE, total


class Seen(NamedTuple):
    """A price of an instrument, in quote currency, at a time (UTC)."""

    at: datetime
    instrument: str
    price: Decimal


@dataclass(slots=True)
class Prices:
    """The prices of a period. `before` has the last price of each instrument before it, `traded` the instruments with a
    fill in it."""

    before: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    seen: list[Seen] = field(default_factory=list[Seen])
    traded: set[str] = field(default_factory=set[str])

    def held(self, equity: Decimal) -> Sequence[tuple[datetime, Decimal]]:
        """The value of equal shares of `equity` in each traded instrument, bought at its last price before the period,
        else at its first one in it, without fees; at each time with a price. Empty where nothing was traded.
        """
        bought: dict[str, Decimal] = {name: self.before[name] for name in self.traded if name in self.before}
        for one in self.seen:
            if one.instrument in self.traded:
                bought.setdefault(one.instrument, one.price)
        return _values(bought, [one for one in self.seen if one.instrument in bought], equity)


def _values(
    bought: Mapping[str, Decimal], seen: Sequence[Seen], equity: Decimal
) -> Sequence[tuple[datetime, Decimal]]:
    growth = dict.fromkeys(sorted(bought), ONE)
    count, found = Decimal(len(bought)), list[tuple[datetime, Decimal]]()
    for one in seen:
        growth[one.instrument] = EXACT.divide(one.price, bought[one.instrument])
        mean = EXACT.divide(total(growth.values()), count)
        found.append((one.at, EXACT.multiply(equity, mean)))
    return found
