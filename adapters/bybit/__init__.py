"""Bybit's linear perpetuals through pybit, which is installed by the extra `bybit`."""

from adapters.bybit.codes import VERDICTS, Verdict, verdict
from adapters.bybit.exchange import BybitExchange
from adapters.bybit.secrecy import Credentials
from adapters.bybit.site import Site, Timing
from adapters.bybit.stream import StreamState

__all__ = [
    "VERDICTS",
    "BybitExchange",
    "Credentials",
    "Site",
    "StreamState",
    "Timing",
    "Verdict",
    "verdict",
]
