"""Past candles of an exchange, fetched through ccxt into files that `adapters.tapes` reads."""

from adapters.history.candle_file import CandleFile
from adapters.history.history import History
from adapters.history.market import Market
from adapters.history.page import CandleRow, Page

__all__ = ["CandleFile", "CandleRow", "History", "Market", "Page"]
