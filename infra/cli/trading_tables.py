"""Tables of a run's trades: by symbol, by strategy, one line for each trade, and the time spent in positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from infra.cli.benchmark import Point, buy_and_hold
from infra.cli.chart import Chart
from infra.cli.money import money
from infra.cli.trade_list import spelled_duration, titled_table, trade_table
from infra.run.plan import Plan
from projections.streaks import longest_streaks
from projections.trades import Group, Trade, Trades

_GROUPS: Mapping[str, Callable[[Trade], str]] = {
    "symbol": lambda one: one.instrument,
    "strategy": lambda one: one.opened_by,
    "direction": lambda one: one.direction.value,
}


@dataclass(frozen=True, slots=True)
class TradingTables:
    """The trades of a run of `plan` from `begun` to `ended`, beside buy and hold."""

    plan: Plan
    trades: Trades
    begun: datetime
    ended: datetime
    held: Sequence[Point]

    def rows(self) -> Iterator[tuple[str, str]]:
        """The rows that these trades add to the summary."""
        mean = self.trades.mean_duration()
        yield "mean duration", "no trade yet" if mean is None else spelled_duration(mean)
        yield from self._extremes()
        yield "exposure", f"{self.trades.exposure(self.begun, self.ended):.1%} of the time in a position"
        yield "buy and hold", f"{self._held_change():+.1%}, equal shares from the first open, no fees"

    def _extremes(self) -> Iterator[tuple[str, str]]:
        """The best and the worst trade, and the longest streaks; nothing without a closed trade."""
        nets, currency = self.trades.closed_nets(), self.plan.stake.currency
        if not nets:
            return
        streaks = longest_streaks(nets)
        yield "best and worst trade", f"{money(max(nets), currency)}, {money(min(nets), currency)}"
        yield "longest streaks", f"{streaks.won:,} won, {streaks.lost:,} lost one after the other"

    def as_json(self) -> Mapping[str, object]:
        """The figures of the tables for programs; decimals are text, durations seconds."""
        mean, nets = self.trades.mean_duration(), self.trades.closed_nets()
        streaks = longest_streaks(nets)
        return {
            "best_trade": str(max(nets)) if nets else None,
            "worst_trade": str(min(nets)) if nets else None,
            "longest_wins": streaks.won if nets else None,
            "longest_losses": streaks.lost if nets else None,
            "mean_duration_seconds": None if mean is None else round(mean.total_seconds()),
            "exposure": str(round(self.trades.exposure(self.begun, self.ended), 6)),
            "buy_and_hold": str(round(self._held_change(), 6)),
            **{
                f"by_{name}": [_plain(one) for one in self.trades.groups(key)]
                for name, key in _GROUPS.items()
            },
        }

    def show(self, console: Console) -> None:
        """Prints a table for each way to group the trades; nothing without a closed trade."""
        for name, key in _GROUPS.items():
            if groups := self.trades.groups(key):
                console.print(_grouped(name, groups))

    def list_trades(self, console: Console) -> None:
        """Prints one line for each trade."""
        console.print(trade_table(self.trades.trades))

    def trades_json(self) -> Sequence[Mapping[str, object]]:
        """Every trade for programs."""
        return [_trade(one) for one in self.trades.trades]

    def chart(self, title: str) -> str:
        """The chart of the balance, buy and hold and drawdown, as SVG."""
        currency = self.plan.stake.currency
        return Chart(title, currency, self.trades.points, self.held, self.begun, self.ended).svg()

    def _held_change(self) -> Decimal:
        return self.held[-1][1] / self.plan.stake.balance - 1


def tables_of(plan: Plan, trades: Trades, until: datetime | None) -> TradingTables:
    """The tables of the plan's run, whose last played candle closed at `until`; None where none was played."""
    begun = min(tape.candles[0].open_time for tape in plan.tapes)
    ended = until or begun
    return TradingTables(plan, trades, begun, ended, buy_and_hold(plan.tapes, plan.stake.balance, ended))


def _grouped(name: str, groups: Sequence[Group]) -> Table:
    table = titled_table(f"By {name}")
    table.add_column(name, overflow="fold")
    for head in ("trades", "won", "net", "fees", "mean duration"):
        table.add_column(head, justify="right")
    for one in groups:
        cells = (
            f"{one.trades:,}",
            f"{one.win_rate:.1%}",
            f"{one.net:,.2f}",
            f"{one.fees:,.2f}",
            spelled_duration(one.mean),
        )
        table.add_row(one.name, *cells)
    return table


def _plain(group: Group) -> Mapping[str, object]:
    return {
        "name": group.name,
        "trades": group.trades,
        "win_rate": str(round(group.win_rate, 4)),
        "net": str(group.net),
        "fees": str(group.fees),
        "mean_duration_seconds": round(group.mean.total_seconds()),
    }


def _trade(trade: Trade) -> Mapping[str, object]:
    return {
        "instrument": trade.instrument,
        "direction": trade.direction.value,
        "opened_by": trade.opened_by,
        "chain": trade.chain,
        "opened_at": iso(trade.opened_at),
        "closed_at": None if trade.closed_at is None else iso(trade.closed_at),
        "quantity": str(trade.quantity),
        "entry": str(trade.entry),
        "exit": None if trade.closed_at is None else str(trade.exit),
        "reason": trade.reason,
        "net": str(trade.net),
        "fees": str(trade.fees),
    }
