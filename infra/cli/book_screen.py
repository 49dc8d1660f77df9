"""A live book as the terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.styled import Styled
from rich.table import Table
from rich.text import Text

from adapters.book_view.seen import BookSeen
from adapters.book_view.watched import decimal
from adapters.milliseconds import at_ms
from domain.book.analysis.manipulation import Suspicion
from domain.book.analysis.table import FIGURES
from domain.book.analysis.walls import Way
from domain.market import Level

_BAR: Final = 16
_DIGITS: Final = 8
"""Characters of a size at most, unless its whole part has more."""
_SIDE_BY_SIDE, _WITH_TIMES = 72, 40
"""Columns of a terminal that has the ladder beside the rest, and of one whose trades have their times."""
_TRADES, _WALLS, _SUSPICIONS = 8, 3, 3
_STYLES: Final = {Way.BID: "green", Way.ASK: "red"}
_PLACES: Final = {one.feature.name: number for number, one in enumerate(FIGURES)}
_SHOWN: Final = (
    ("spread", "spread", "bps", 2),
    ("imbalance_5", "imbalance of 5 levels", "", 2),
    ("imbalance_20", "imbalance of 20 levels", "", 2),
    ("microprice", "microprice - mid", "bps", 2),
    ("ofi", "order-flow imbalance", "", 1),
    ("round_trip_cost", "round trip of 10,000", "bps", 2),
)
"""The figures that are shown: name in the table, words, unit, decimals."""


class BookScreen:
    """Makes frames. A book that is not known is shown as it was last known, dimmed, with its age."""

    def __init__(self, levels: int) -> None:
        self._levels = levels
        self._last: BookSeen | None = None

    def of(self, seen: BookSeen) -> RenderableType:
        """The frame of one look at the book."""
        if seen.is_known:
            self._last = seen
        shown = self._last or seen
        body = _Body(shown, seen, self._levels)
        return Group(_head(seen), "", body if seen.is_known else Styled(body, "dim"))


class _Body:
    """The ladder, and figures, trades, walls and suspicions beside it, or below it in a narrow terminal."""

    def __init__(self, shown: BookSeen, seen: BookSeen, levels: int) -> None:
        self._shown, self._seen, self._levels = shown, seen, levels

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        beside = _beside(self._shown, self._seen, width)
        ladder = self._ladder(min(width, console.width)) if self._shown.bids or self._shown.asks else None
        if ladder is None:
            yield beside
        elif width < _SIDE_BY_SIDE:
            yield Group(ladder, "", beside)
        else:
            body = Table.grid(padding=(0, 3))
            body.add_column("ladder", no_wrap=True)
            body.add_column("rest")
            body.add_row(ladder, beside)
            yield body

    def _ladder(self, width: int) -> RenderableType:
        seen = self._shown
        bids, asks = seen.bids[: self._levels], seen.asks[: self._levels]
        largest = max((one.size for one in (*bids, *asks)), default=Decimal(1))
        walls = {(one.way, one.price) for one in seen.walls}
        ladder = Table.grid(padding=(0, 1))
        for column in ("size", "price"):
            ladder.add_column(column, justify="right", no_wrap=True)
        texts = [(_short(one.size), f"{one.price}") for one in (*bids, *asks)]
        numbers = max(len(size) for size, _ in texts) + max(len(price) for _, price in texts)
        bar = max(1, min(_BAR, width - numbers - len("  ")))
        ladder.add_column("bar", min_width=bar, no_wrap=True)
        for one in reversed(asks):
            ladder.add_row(*_row(one, largest, bar, Way.ASK, is_wall=(Way.ASK, one.price) in walls))
        ladder.add_row("", _spread(bids, asks))
        for one in bids:
            ladder.add_row(*_row(one, largest, bar, Way.BID, is_wall=(Way.BID, one.price) in walls))
        return ladder


def _head(seen: BookSeen) -> Text:
    age = "" if seen.age is None else f", last message {seen.age:.1f} s ago"
    if seen.is_known:
        return Text.assemble((seen.instrument, "bold"), f"  live, update {seen.update_id}{age}")
    why = seen.why or "the reason is not known"
    return Text.assemble((seen.instrument, "bold"), ("  NOT KNOWN: ", "bold red"), f"{why}{age}")


def _row(level: Level, largest: Decimal, bar: int, way: Way, *, is_wall: bool) -> Sequence[RenderableType]:
    """Size, price and bar; a terminal with room for whole bars also has the walls marked."""
    price = Text(f"{level.price}", style=_STYLES[way])
    drawn = Text("█" * max(1, int(level.size / largest * bar)), style=_STYLES[way])
    cells = (Text(_short(level.size)), price, drawn)
    return (*cells, "wall" if is_wall else "") if bar == _BAR else cells


def _short(size: Decimal) -> str:
    """The size with as many decimals as `_DIGITS` characters have room for; its whole part is never cut."""
    whole = len(f"{int(size)}")
    decimals = max(0, _DIGITS - whole - len("."))
    text = f"{round(size, decimals):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _spread(bids: Sequence[Level], asks: Sequence[Level]) -> Text:
    """The distance of the best prices, as long as a price at most, so that it widens no column."""
    return Text(f"spread {asks[0].price - bids[0].price}" if bids and asks else "", style="dim")


def _beside(shown: BookSeen, seen: BookSeen, width: int) -> RenderableType:
    """Figures, trades, walls and suspicions, one below the other; trades go on while the book is not known."""
    lines = (*_trades(seen, width), *_walls(shown), *_suspicions(seen))
    return Group(_figures(shown, width), *lines)


def _figures(seen: BookSeen, width: int) -> Table:
    figures = Table.grid(padding=(0, 2 if width >= _WITH_TIMES else 1))
    figures.add_column("figure")
    figures.add_column("value", no_wrap=True)
    for name, words, unit, places in _SHOWN:
        value = seen.values[_PLACES[name]] if seen.values else None
        number = "missing" if value is None else f"{value:+.{places}f} {unit}".rstrip()
        figures.add_row(words, number)
    return figures


def _trades(seen: BookSeen, width: int) -> Iterator[Text]:
    yield Text("")
    yield Text("trades" if seen.trades else "no trades yet", style="bold")
    for one in seen.trades[:_TRADES]:
        way, word = (Way.BID, "buy") if one.is_buy else (Way.ASK, "sell")
        price, size = f"{one.price:.10g}", _short(decimal(one.size))
        time = _time(at_ms(one.matched_ms))
        text = f"{time}  {word:<4}  {price}  {size}" if width >= _WITH_TIMES else f"{word} {price} {size}"
        yield Text(text, style=_STYLES[way])


def _walls(seen: BookSeen) -> Iterator[Text]:
    if not seen.walls:
        return
    yield Text("")
    yield Text("walls", style="bold")
    for one in sorted(seen.walls, key=lambda wall: -wall.strength)[:_WALLS]:
        size = f"{_short(one.size)} at {one.price}"
        text = f"{one.way.lower()}  {size}, {one.strength:.1f} usual sizes, {one.seconds:.0f} s"
        yield Text(text, style=_STYLES[one.way])


def _suspicions(seen: BookSeen) -> Iterator[Text]:
    if not seen.suspicions:
        return
    yield Text("")
    yield Text("suspicions of manipulation", style="bold")
    for one in seen.suspicions[:_SUSPICIONS]:
        yield Text(suspicion_line(one), style="yellow")


def suspicion_line(one: Suspicion) -> str:
    """The suspicion on one line: time, kind, side, score and its evidence."""
    prices = [wall.price for wall in one.evidence]
    where = f"{min(prices):.10g} to {max(prices):.10g}" if prices else "no price"
    return (
        f"{_time(at_ms(one.at))}  {one.kind}  {one.way.lower()}  score {one.score:.2f}, "
        f"{len(one.evidence)} withdrawals at {where}"
    )


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S}"
