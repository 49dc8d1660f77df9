"""The options that name the recorded trades of a backtest: files of trades, and the interval of their candles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InvalidInput

if TYPE_CHECKING:
    from adapters.tapes import Tape
    from adapters.tapes.trade_file import TradeTape

INTERVAL = "1m"
OTHERS = ("--candles", "--tape", "--seed", "--bars", "--funding-hours")


@dataclass(frozen=True, slots=True)
class TradeOptions:
    """Files of trades with the symbol of all or of each, and the interval of the candles that are built from them."""

    files: Sequence[Path]
    symbols: Sequence[str]
    interval: str | None

    def check_unused(self) -> None:
        """Raises InvalidInput where an option is given that only trades need."""
        if self.interval is not None:
            raise InvalidInput("--interval is for --trades and --recording: files of candles have their own")

    def check_alone(self, given: Sequence[bool]) -> None:
        """Raises InvalidInput, which names the option, where one of `OTHERS` is given beside trades."""
        for name, is_given in zip(OTHERS, given, strict=True):
            if is_given:
                raise InvalidInput(f"{name} is not for --trades: leave out one of them")

    def read(self) -> Sequence[TradeTape]:
        """The trades, by instrument. Raises InvalidInput for files that are none."""
        from adapters.tapes.trade_file import read_trade_tapes

        return read_trade_tapes(self.files, self.symbols)

    def candles(self, traded: Sequence[TradeTape]) -> Sequence[Tape]:
        """The candles of the trades. Raises InvalidInput where the interval is none, or longer than the recording."""
        from adapters.tapes.trade_candles import candles_of_trades
        from infra.cli.live import candle_interval

        interval = candle_interval(self.interval or INTERVAL)
        return [candles_of_trades(one, interval) for one in traded]
