"""Whether the exchange still trades the instruments by the terms that were checked at the start.

A person, another program or a second engine may change leverage, position mode or margin mode at any time, and no
exchange reports it among the orders. So some of the instruments are queried at each comparison.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from commands.venue_account import Permitted, TradingTerms, VenueAccount
from domain.reconciliation.differences import TradingTermsDiffer

AT_ONCE = 5
"""So many instruments are queried at each comparison, besides those whose terms differ. Bybit answers one request for
each and one for the account; a run of 100 instruments that compares every 30 s has queried all in ten minutes.
"""


class TermsWatch:
    """The terms of these instruments, in turn; `permitted` are the leverages that the log expects."""

    def __init__(self, account: VenueAccount, instruments: Sequence[str], permitted: Permitted) -> None:
        self._account, self._permitted = account, permitted
        self._waiting = list(instruments)
        self._found: dict[str, TradingTermsDiffer | None] = {}

    def differences(self, traded: Collection[str]) -> Sequence[TradingTermsDiffer]:
        """Queries the next instruments, and returns every known difference. Raises what the account's calls raise.

        Only the `traded` instruments are queried: the exchange refuses to state terms of others.
        """
        self._found = {name: one for name, one in self._found.items() if name in traded}
        differing = [name for name, one in self._found.items() if one is not None]
        next_ = [name for name in self._waiting if name in traded and name not in differing][:AT_ONCE]
        for terms in self._account.terms([*differing, *next_]):
            self._found[terms.instrument] = _difference(terms, self._permitted(terms.instrument))
        self._waiting = [*(name for name in self._waiting if name not in next_), *next_]
        return [one for one in self._found.values() if one is not None]

    def was_queried(self, instrument: str) -> bool:
        """Whether the terms of the instrument are known."""
        return instrument in self._found


def differing_terms(found: Sequence[TradingTerms], permitted: Permitted) -> Sequence[TradingTermsDiffer]:
    """A difference for each of these terms that are not those of a log that expects one of these leverages."""
    differences = (_difference(terms, permitted(terms.instrument)) for terms in found)
    return [one for one in differences if one is not None]


def _difference(terms: TradingTerms, leverages: Sequence[Decimal]) -> TradingTermsDiffer | None:
    found = tuple(_differing(terms, leverages))
    if not found:
        return None
    expected = f"leverage {' or '.join(f'{one:f}' for one in leverages)}, one-way mode and isolated margin"
    return TradingTermsDiffer(subject=terms.instrument, terms=found, expected=expected)


def _differing(terms: TradingTerms, leverages: Sequence[Decimal]) -> Iterator[str]:
    if terms.leverage not in leverages:
        yield f"leverage {terms.leverage:f}"
    if not terms.is_one_way:
        yield "hedge mode"
    if not terms.is_isolated:
        yield "cross margin"
