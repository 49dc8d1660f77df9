"""Reads files of public trades into one tape of trades for each instrument; errors name file, row and fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from adapters.tapes.content import Content, read_content
from adapters.tapes.figures import decimals
from adapters.tapes.file_name import instrument_of
from adapters.tapes.notes import repeats_note
from adapters.tapes.sheets import decoded, symbol_in
from adapters.tapes.table import Table
from adapters.tapes.text_sheet import read_text_sheet
from adapters.tapes.times import read_times
from adapters.tapes.trade_lines import SYMBOL, is_lines, trade_lines
from adapters.tapes.trade_table import FLAGS, ID, MAKER, PRICE, QUANTITY, SIDE, trade_table
from domain.arithmetic import ZERO
from domain.direction import Side
from domain.errors import InvalidInput, InvalidTape
from domain.market import Trade

_SIDES: Mapping[str, Side] = {"buy": Side.BUY, "b": Side.BUY, "sell": Side.SELL, "s": Side.SELL}
_OF_MAKER: Mapping[str, Side] = {text: Side.SELL if buys else Side.BUY for text, buys in FLAGS.items()}
_MOST = Decimal("1e18")


@dataclass(frozen=True, slots=True)
class TradeTape:
    """The trades of one instrument in order of time. `notes` are sentences to show to the user."""

    instrument: str
    trades: tuple[Trade, ...]
    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def read_trade_tapes(files: Sequence[Path], symbols: Sequence[str]) -> Sequence[TradeTape]:
    """The trades of these files, by instrument in order of its first file. Files of one instrument follow each other.

    The formats are listed in docs/backtest.md. Each file has its symbol in `symbols`, where they are given, one for all
    or one for each; else in its name or its content.

    Raises InvalidTape where a file is not one of trades, InvalidInput where files overlap, or symbols do not fit.
    """
    if len(symbols) not in (0, 1, len(files)):
        raise InvalidInput(
            f"{len(files)} files were given with {len(symbols)} symbols: give one for all, or one for each, in order"
        )
    named: Sequence[str | None] = symbols or [None]
    of_each = named if len(named) == len(files) else [*named] * len(files)
    found: dict[str, list[TradeTape]] = {}
    for file, symbol in zip(files, of_each, strict=True):
        tape = read_trades(file, symbol=symbol)
        found.setdefault(tape.instrument, []).append(tape)
    return [_joined(parts) for parts in found.values()]


def read_trades(path: Path, *, symbol: str | None = None) -> TradeTape:
    """Reads and checks one file. Raises InvalidTape where it holds no trades, InvalidInput for a wrong `symbol`."""
    content = read_content(path)
    table, inside = _table(content)
    instrument = instrument_of((content.name, content.inner), symbol, inside)
    notes = list(table.notes)
    if table.unended:
        notes.append(f"row {table.numbers[-1]} has no line end, so it may be cut off: omitted")
        table = table.taking(range(len(table.numbers) - 1))
    times = read_times(table)
    if times.unzoned:
        notes.append("times carry no zone: read as UTC")
    rows = list(_trades(table, instrument, times.opened))
    if rows[0].at > rows[-1].at:
        rows, table = rows[::-1], replace(table, numbers=table.numbers[::-1])
        notes.append("newest-first order was reversed")
    _check_order(table, rows)
    kept, repeats = _once(table, rows)
    if repeats:
        notes.append(repeats_note(repeats))
    return TradeTape(instrument, tuple(kept), (path,), tuple(notes))


def trades_identity(tapes: Iterable[TradeTape]) -> str:
    """64 hexadecimal digits (SHA-256) that identify all trades of these tapes, in any order of the tapes."""
    found = sha256()
    for tape in sorted(tapes, key=lambda one: one.instrument):
        for one in tape.trades:
            found.update(
                f"{one.instrument}|{one.at.isoformat()}|{one.side}|{one.price}|{one.quantity}\n".encode()
            )
    return found.hexdigest()


def _table(content: Content) -> tuple[Table, str | None]:
    """The table of a file, and the symbol in it."""
    if is_lines(content.data):
        table = trade_lines(content.file, content.data)
        symbols = sorted(set(table.columns[SYMBOL]))
        if len(symbols) > 1:
            raise InvalidTape(content.file, None, f"the trades of {len(symbols)} symbols: one file for each")
        return table, symbols[0]
    sheet = read_text_sheet(content.file, decoded(content))
    return trade_table(sheet), symbol_in(sheet)


def _trades(table: Table, instrument: str, times: Sequence[datetime]) -> Iterator[Trade]:
    prices, quantities = decimals(table, PRICE), decimals(table, QUANTITY)
    ids: Iterable[str] = table.columns.get(ID) or map(str, table.numbers)
    rows = zip(times, ids, _sides(table), prices, quantities, strict=True)
    for index, (at, trade_id, side, price, quantity) in enumerate(rows):
        for name, value in ((PRICE, price), (QUANTITY, quantity)):
            if not ZERO < value <= _MOST:
                raise table.fault(index, f"{name} {value} is not above 0 and at most {_MOST}")
        yield Trade(
            instrument=instrument, at=at, trade_id=trade_id, side=side, price=price, quantity=quantity
        )


def _sides(table: Table) -> Iterator[Side]:
    column, known = (SIDE, _SIDES) if SIDE in table.columns else (MAKER, _OF_MAKER)
    for index, text in enumerate(table.columns[column]):
        side = known.get(text.strip().lower())
        if side is None:
            raise table.fault(index, f"{column} {text!r} is none of {', '.join(known)}")
        yield side


def _check_order(table: Table, rows: Sequence[Trade]) -> None:
    for index, (before, one) in enumerate(pairwise(rows), start=1):
        if one.at < before.at:
            raise table.fault(
                index,
                f"the time goes back: {one.at.isoformat()} comes after {before.at.isoformat()}; sort the rows",
            )


def _once(table: Table, rows: Sequence[Trade]) -> tuple[Sequence[Trade], Sequence[int]]:
    """The trades without those that repeat an earlier one, and the numbers of the rows that were left out.

    Raises InvalidTape for an id that comes again with another trade.
    """
    if ID not in table.columns:
        return rows, ()
    first: dict[str, int] = {}
    repeats: list[int] = []
    for index, one in enumerate(rows):
        known = first.setdefault(one.trade_id, index)
        if known == index:
            continue
        if rows[known] != one:
            raise table.fault(
                index,
                f"repeats the id {one.trade_id} of row {table.numbers[known]} with another trade: remove one",
            )
        repeats.append(table.numbers[index])
    return ([rows[index] for index in first.values()] if repeats else rows), repeats


def _joined(parts: Sequence[TradeTape]) -> TradeTape:
    ordered = sorted(parts, key=lambda one: one.trades[0].at)
    for before, one in pairwise(ordered):
        if one.trades[0].at < before.trades[-1].at:
            raise InvalidInput(
                f"{one.paths[0]} begins at {one.trades[0].at.isoformat()}, before the last trade of {before.paths[0]} "
                f"({before.trades[-1].at.isoformat()}): give files of one instrument that do not overlap, each once"
            )
    return TradeTape(
        ordered[0].instrument,
        tuple(trade for one in ordered for trade in one.trades),
        tuple(path for one in ordered for path in one.paths),
        tuple(dict.fromkeys(note for one in ordered for note in one.notes)),
    )
