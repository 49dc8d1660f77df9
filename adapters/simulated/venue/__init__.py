"""A venue with Bybit's v5 rules: books, matching by price and time, clearing; without I/O and without a clock.

Every call names the time (`now`, milliseconds of the Unix epoch), so the same calls give the same results. Numbers are
calculated in the context `domain.arithmetic.EXACT`. Margin, holding and rounding are those of the in-process simulated
exchange (`adapters.simulated.margin`, `holding`, `steps`, `wallet`). `adapters.simulated.server` serves a venue.
"""

from adapters.simulated.venue.codes import Declined
from adapters.simulated.venue.contract import Contract, contract_of
from adapters.simulated.venue.pair import Pair, pair_of, pairs
from adapters.simulated.venue.venue import Venue

__all__ = ["Contract", "Declined", "Pair", "Venue", "contract_of", "pair_of", "pairs"]
