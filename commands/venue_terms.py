"""Whether the exchange still trades the instruments by the terms that were checked at the start.

A person, another program or a second engine may change leverage, position mode or margin mode at any time, and no
exchange reports it among the orders. So some of the instruments are queried at each comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal

from commands.venue_account import TradingTerms, VenueAccount
from domain.reconciliation.differences import TradingTermsDiffer

AT_ONCE = 5
"""So many instruments are queried at each comparison, besides those whose terms differ. Bybit answers one request for
each and one for the account; a run of 100 instruments that compares every 30 s has queried all in ten minutes.
"""


class TermsWatch:
    """The terms of these instruments, in turn; `leverage` is that of the log."""

    def __init__(
        self, account: VenueAccount, instruments: Sequence[str], leverage: Callable[[], Decimal]
    ) -> None:
        self._account, self._leverage = account, leverage
        self._waiting = list(instruments)
        self._found: dict[str, TradingTermsDiffer | None] = {}

    def differences(self, traded: Collection[str]) -> Sequence[TradingTermsDiffer]:
        """Queries the next instruments, and returns every known difference. Raises what the account's calls raise.

        Only the `traded` instruments are queried: the exchange refuses to state terms of others.
        """
        self._found = {name: one for name, one in self._found.items() if name in traded}
        differing = [name for name, one in self._found.items() if one is not None]
        next_ = [name for name in self._waiting if name in traded and name not in differing][:AT_ONCE]
        leverage = self._leverage()
        for terms in self._account.terms([*differing, *next_]):
            self._found[terms.instrument] = _difference(terms, leverage)
        self._waiting = [*(name for name in self._waiting if name not in next_), *next_]
        return [one for one in self._found.values() if one is not None]

    def was_queried(self, instrument: str) -> bool:
        """Whether the terms of the instrument are known."""
        return instrument in self._found


def differing_terms(found: Sequence[TradingTerms], leverage: Decimal) -> Sequence[TradingTermsDiffer]:
    """A difference for each of these terms that are not those of a log with this leverage."""
    return [one for one in (_difference(terms, leverage) for terms in found) if one is not None]


def _difference(terms: TradingTerms, leverage: Decimal) -> TradingTermsDiffer | None:
    found = tuple(_differing(terms, leverage))
    if not found:
        return None
    expected = f"leverage {leverage:f}, one-way mode and isolated margin"
    return TradingTermsDiffer(subject=terms.instrument, terms=found, expected=expected)


def _differing(terms: TradingTerms, leverage: Decimal) -> Iterator[str]:
    if terms.leverage != leverage:
        yield f"leverage {terms.leverage:f}"
    if not terms.is_one_way:
        yield "hedge mode"
    if not terms.is_isolated:
        yield "cross margin"
