"""Bybit's linear perpetuals through pybit, which is installed by the extra `bybit`."""

from adapters.bybit.bounds import Bounds
from adapters.bybit.codes import VERDICTS, Verdict, verdict
from adapters.bybit.exchange import BybitExchange
from adapters.bybit.market import BybitFeed
from adapters.bybit.secrecy import Credentials
from adapters.bybit.site import Site, Timing
from adapters.bybit.stream import StreamState
from adapters.bybit.wanted import Wanted

__all__ = [
    "VERDICTS",
    "Bounds",
    "BybitExchange",
    "BybitFeed",
    "Credentials",
    "Site",
    "StreamState",
    "Timing",
    "Verdict",
    "Wanted",
    "verdict",
]
