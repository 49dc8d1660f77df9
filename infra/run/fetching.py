"""Fetches past candles into a file; the same call goes on where an interrupted one ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from adapters.history import CandleFile, History, Market
from domain.errors import InvalidInput


class Series(NamedTuple):
    """The candles of one market and interval that open from `since` on and are closed at `end`, in ms since 1970."""

    market: Market
    interval: str
    since: int
    end: int


class Fetched(NamedTuple):
    """How far a file has come: the candles that this call added, and the time (ms) up to which all are there."""

    added: int
    upto: int


def path_of(folder: Path, exchange: str, market: Market, interval: str) -> Path:
    """The file of a market's candles, whose name `whence paper` understands."""
    kind = "_spot" if market.is_spot else ""
    return folder / f"{exchange}_{market.symbol}{kind}_{interval}.csv"


def instrument_of(exchange: str, market: Market) -> str:
    """The id of the market's instrument."""
    return f"{market.symbol}-{'SPOT' if market.is_spot else 'LINEAR'}.{exchange.upper()}"


def fetched(history: History, series: Series, path: Path) -> Iterator[Fetched]:
    """Adds the candles that the file lacks, and reports after each page; all that was reported is on disk.

    Raises InvalidInput where the file begins after `since` although the exchange has older candles, and what
    `CandleFile` and `History` raise.
    """
    with CandleFile(path) as file:
        _check_beginning(history, series, file)
        since = series.since if file.last is None else file.last + history.step(series.interval)
        added = 0
        yield Fetched(added, since)
        for page in history.pages(series.market, series.interval, since, series.end):
            file.add(page.rows)
            added += len(page.rows)
            yield Fetched(added, page.upto)


def beginning(path: Path) -> int:
    """The open time (ms since 1970) of the file's first candle; the file has one."""
    with CandleFile(path) as file:
        assert file.first is not None
        return file.first


def ending(path: Path) -> int:
    """The open time (ms since 1970) of the file's last candle; the file has one."""
    with CandleFile(path) as file:
        assert file.last is not None
        return file.last


def _check_beginning(history: History, series: Series, file: CandleFile) -> None:
    if file.first is None or file.first <= series.since:
        return
    for page in history.pages(series.market, series.interval, series.since, file.first):
        if page.rows:
            begins = datetime.fromtimestamp(file.first / 1000, UTC)
            raise InvalidInput(
                f"{file.path} begins at {begins:%Y-%m-%dT%H:%MZ}, and the exchange has older candles from --from on: "
                "move the file away, or name another --folder"
            )
