"""Linear perpetuals of any exchange that ccxt knows, which is installed by the extra `exchanges`."""

from adapters.ccxt.account import CcxtAccount
from adapters.ccxt.account_dialect import AccountDialect
from adapters.ccxt.bounds import Bounds
from adapters.ccxt.dialect import DIALECTS, Dialect, dialect_of
from adapters.ccxt.exchange import CcxtExchange
from adapters.ccxt.failure import PROOFS, Proof
from adapters.ccxt.feed import CcxtFeed
from adapters.ccxt.site import Site, Timing
from adapters.secrecy import Credentials
from adapters.wanted import Wanted

__all__ = [
    "DIALECTS",
    "PROOFS",
    "AccountDialect",
    "Bounds",
    "CcxtAccount",
    "CcxtExchange",
    "CcxtFeed",
    "Credentials",
    "Dialect",
    "Proof",
    "Site",
    "Timing",
    "Wanted",
    "dialect_of",
]
