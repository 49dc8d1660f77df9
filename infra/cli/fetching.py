"""`whence candles fetch`: past candles of an exchange, into files that `whence paper` trades."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import AddressOption, time_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from adapters.history import History
    from infra.run.fetching import Series

_DEFAULT = "-LINEAR.BYBIT"
"""The market and venue of a symbol without --symbol."""


def fetch(
    symbols: Annotated[
        list[str], typer.Argument(metavar="SYMBOL...", help="Markets, as BTCUSDT or BTC/USDT:USDT.")
    ],
    since: Annotated[
        str, typer.Option("--from", metavar="TIME", help="The first candle opens then or after.")
    ],
    to: Annotated[
        str | None, typer.Option(metavar="TIME", help="The last candle is closed then; default: now.")
    ] = None,
    interval: Annotated[str, typer.Option(help="Length of a candle: 1m, 5m, 1h, 1d.")] = "5m",
    exchange: Annotated[str, typer.Option(metavar="NAME", help="An exchange that ccxt knows.")] = "bybit",
    spot: Annotated[bool, typer.Option("--spot", help="Spot pairs instead of perpetual contracts.")] = False,
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files are written.")] = Path(
        "candles"
    ),
    address: AddressOption = None,
) -> None:
    """Fetches past candles into files; the same command goes on where an interrupted one ended.

    Only closed candles are written, with the exchange's own digits. The exchange's rate limits are kept. Needs the
    extra `exchanges`.
    """
    from adapters.extras import EXCHANGES, check_extras

    check_extras("`whence candles fetch`", EXCHANGES)
    from adapters.history import History

    begin, end = time_of(since), None if to is None else time_of(to)
    history = History(exchange, address)
    for one in _series(history, symbols, interval, spot=spot, begin=begin, end=end):
        _fetch(history, one, folder)


def _series(
    history: History, symbols: list[str], interval: str, *, spot: bool, begin: datetime, end: datetime | None
) -> list[Series]:
    """What is fetched; a mistake in any argument is found before the first candle is fetched."""
    from domain.errors import InvalidInput
    from infra.run.fetching import Series

    step = history.step(interval)
    since, now = _ms(begin), history.now()
    closed = min(now, _ms(end)) if end else now
    if closed - since < step:
        raise InvalidInput(
            f"no candle of {interval} is closed between --from, {_text(since)}, and {_text(closed)}"
        )
    return [Series(history.market(symbol, spot=spot), interval, since, closed) for symbol in symbols]


def _fetch(history: History, series: Series, folder: Path) -> None:
    from domain.plain_text import counted
    from infra.run.fetching import beginning, ending, fetched, instrument_of, path_of

    market = series.market
    path, added = path_of(folder, history.exchange, market, series.interval), 0
    with _progress() as progress:
        task = progress.add_task(
            f"{market.symbol} {series.interval}", total=series.end - series.since, candles=0
        )
        for reached in fetched(history, series, path):
            added = reached.added
            progress.update(task, completed=reached.upto - series.since, candles=added)
    if not path.exists():
        typer.echo(f"{market.unified}: {history.exchange} has no candles of that time")
        return
    instrument = instrument_of(history.exchange, market)
    named = "" if instrument.endswith(_DEFAULT) else f" --symbol {instrument}"
    first, closed = beginning(path), ending(path) + history.step(series.interval)
    typer.echo(f"{path}: {counted(added, 'candle')} added; the last one closes at {_text(closed)}")
    if first - series.since >= history.step(series.interval):
        typer.echo(
            f"  the first candle opens at {_text(first)}: {history.exchange} has no earlier one from --from, "
            f"{_text(series.since)}, on"
        )
    # A log of its own: the default one may hold another run, of a demo for example, and would be refused.
    typer.echo(f"  whence paper --candles {path}{named} --log sqlite:///{path.stem}.db")


def _progress() -> Progress:
    """Progress on a terminal's stderr, with candles, their share of the time, and what remains; none elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[candles]:,} candles"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _text(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
