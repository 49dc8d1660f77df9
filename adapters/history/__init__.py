"""What exchanges state to everybody, fetched through ccxt: past candles, and the trading rules of instruments."""

from adapters.history.candle_file import CandleFile
from adapters.history.history import History
from adapters.history.market import Market
from adapters.history.page import CandleRow, Page
from adapters.history.rules import rules_of, rules_with

__all__ = ["CandleFile", "CandleRow", "History", "Market", "Page", "rules_of", "rules_with"]
