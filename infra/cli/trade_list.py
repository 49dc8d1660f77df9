"""The list of trades on a terminal: one line for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from rich.table import Table

from domain.errors import InvalidInput
from domain.number import number
from projections.sentences import plain
from projections.trades import Trade

_ALL = "all"
_MOST = 10_000_000
"""More trades than a backtest has."""


def listed_trades(trades: Sequence[Trade], wanted: str) -> Table:
    """The list of the trades that `last_of` wants, with their number and that of all in its title."""
    most = last_of(wanted)
    shown = trades if most is None else trades[-most:]
    is_whole = len(shown) == len(trades)
    title = "Trades" if is_whole else f"Trades: the last {len(shown):,} of {len(trades):,}"
    return trade_table(shown, title)


def last_of(wanted: str) -> int | None:
    """How many of the last trades are wanted; None for `all`. Raises InvalidInput for any other text."""
    if wanted == _ALL:
        return None
    try:
        most = number(wanted, int)
    except ValueError:
        most = 0
    if not 1 <= most <= _MOST:
        raise InvalidInput(f"--list-trades {wanted!r}: it takes `all`, or how many of the last trades, as 20")
    return most


def trade_table(trades: Sequence[Trade], title: str = "Trades") -> Table:
    """One line for each trade, with its strategy where there are several; times are UTC."""
    table = titled_table(title)
    owners = {one.opened_by for one in trades}
    if len(owners) > 1:
        table.add_column("strategy", overflow="fold")
    table.add_column("opened", no_wrap=True)
    table.add_column("symbol", no_wrap=True)
    table.add_column("side")
    for name in ("size", "entry", "exit", "held"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("by", overflow="fold")
    table.add_column("net", justify="right", no_wrap=True)
    for one in trades:
        owner = (one.opened_by,) if len(owners) > 1 else ()
        table.add_row(*owner, *_cells(one))
    return table


def titled_table(title: str) -> Table:
    """A table without a frame."""
    return Table(
        title=title, box=None, title_style="bold", title_justify="left", pad_edge=False, padding=(0, 1, 0, 0)
    )


def _cells(trade: Trade) -> tuple[str, ...]:
    closed = trade.closed_at is not None
    held = spelled_duration(trade.closed_at - trade.opened_at) if trade.closed_at is not None else ""
    return (
        f"{trade.opened_at:%y-%m-%d %H:%M}",
        trade.instrument.partition("-")[0],
        trade.direction.value.lower(),
        plain(trade.quantity),
        _price(trade.entry),
        _price(trade.exit) if closed else "",
        held,
        trade.reason.lower() if closed else "open",
        f"{trade.net:,.2f}" if closed else "",
    )


def _price(price: Decimal) -> str:
    """At most seven digits of the price."""
    return plain(round(price, max(6 - price.adjusted(), 0)))


def spelled_duration(duration: timedelta) -> str:
    """The duration in days and hours, in hours and minutes, or in minutes."""
    minutes = round(duration.total_seconds() / 60)
    days, hours, left = minutes // 1_440, minutes // 60 % 24, minutes % 60
    return f"{days}d{hours:02}h" if days else f"{hours}h{left:02}m" if hours else f"{left}m"
