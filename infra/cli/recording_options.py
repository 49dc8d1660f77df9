"""The options that name the recording of a backtest: a folder or a topic, instruments, and the interval of candles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InvalidInput

if TYPE_CHECKING:
    from infra.recording.market import Found, RecordedMarket

OTHERS = ("--candles", "--trades", "--tape", "--seed", "--bars", "--funding-hours")
KAFKA = "kafka://"
"""How the address of a log on Kafka begins."""


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """`place` is a folder, or the address of a log on Kafka; `symbols` choose instruments, all where there are none;
    `interval` is that of candles that are built from trades.
    """

    place: str
    symbols: Sequence[str]
    interval: str | None
    config: Path | None = None

    def check_alone(self, given: Sequence[bool]) -> None:
        """Raises InvalidInput, which names the option, where one of `OTHERS` is given beside a recording."""
        for name, is_given in zip(OTHERS, given, strict=True):
            if is_given:
                raise InvalidInput(f"{name} is not for --recording: leave out one of them")

    @property
    def length(self) -> timedelta | None:
        """The interval as a time; None where it is not given. Raises InvalidInput where it is none."""
        from infra.cli.live import candle_interval

        return None if self.interval is None else candle_interval(self.interval)

    def market(self) -> RecordedMarket:
        """The recorded market. Raises InvalidInput for a place without a recording, and what the topic raises."""
        from infra.recording.market import RecordedMarket

        return RecordedMarket(self._found(), self.symbols)

    def _found(self) -> Found:
        from adapters.extras import FILES, check_extras
        from infra.recording.market import of_folder

        if self.place.startswith(KAFKA):
            return self._of_topic()
        check_extras("`whence backtest --recording`", FILES)
        return of_folder(Path(self.place))

    def _of_topic(self) -> Found:
        import logging

        from adapters.market_topic.reader import MarketReader
        from infra.config import load
        from infra.logs import keys_of
        from infra.recording.market import of_rows
        from infra.recording.topic import market_topic

        settings = load(log=self.place, config=self.config)
        topic = market_topic(settings)
        reader = MarketReader(topic, logging.getLogger(__name__).warning, keys_of(settings))
        return of_rows(topic.name, reader.read)
