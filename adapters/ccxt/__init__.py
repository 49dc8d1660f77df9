"""Linear perpetuals of any exchange that ccxt knows, which is installed by the extra `exchanges`."""

from adapters.ccxt.dialect import DIALECTS, Dialect, dialect_of
from adapters.ccxt.exchange import CcxtExchange
from adapters.ccxt.failure import PROOFS, Proof
from adapters.ccxt.site import Site, Timing
from adapters.secrecy import Credentials

__all__ = [
    "DIALECTS",
    "PROOFS",
    "CcxtExchange",
    "Credentials",
    "Dialect",
    "Proof",
    "Site",
    "Timing",
    "dialect_of",
]
