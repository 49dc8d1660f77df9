"""`whence arms`: the two arms into which the entries of a log were split, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

import typer

from domain.errors import Refused
from infra.cli.options import ConfigOption, JsonOption, LogOption

if TYPE_CHECKING:
    from domain.signal import Verdict
    from projections.arms import ArmBook, ArmRecord

DESCRIPTIVE = (
    "Descriptive: both arms share one balance and its limits, so a trade of one arm changes what the other may enter. "
    "The verdict is that of `whence shadow` with the other model or policy."
)


def arms(log: LogOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Compares the arms A and B of a log: decisions, trades and results. The log is only read."""
    from infra.cli.output import readers_may_leave
    from infra.config import load
    from infra.logs import open_reader
    from projections.arms import ArmBook

    with closing(open_reader(load(log=log, config=config))) as reader:
        book = ArmBook().take_all(reader.read())
    if not book.arm_of:
        raise Refused(
            "no entry of this log is in an arm: set trading.arms.share, and in trading.arms.challenger name a "
            "challenger that its gate has let pass, or set trading.arms.policy"
        )
    with readers_may_leave():
        _print_json(book) if as_json else _print(book)


def _print(book: ArmBook) -> None:
    from rich.table import Table

    from infra.cli.output import console_of
    from projections.arms import ARMS

    table = Table("", *(f"arm {one}" for one in ARMS), box=None)
    records = [book.record_of(one) for one in ARMS]
    for name, figure in _FIGURES.items():
        table.add_row(name, *(figure(one) for one in records))
    console = console_of()
    console.print(table)
    console.print(DESCRIPTIVE)


def _print_json(book: ArmBook) -> None:
    from projections.arms import ARMS

    found = {str(one): _form(book.record_of(one)) for one in ARMS}
    typer.echo(json.dumps({"note": DESCRIPTIVE, "arms": found}, indent=2))


def _form(record: ArmRecord) -> Mapping[str, object]:
    return {
        "verdicts": {str(one): count for one, count in sorted(record.verdicts.items())},
        "policies": {str(one): count for one, count in sorted(record.policies.items())},
        "trades": record.trades,
        "wins": record.wins,
        "open": record.open,
        "net": str(record.net),
        "fees": str(record.fees),
    }


def _counts(found: Mapping[Verdict, int]) -> str:
    return ", ".join(f"{count:,} {one}" for one, count in sorted(found.items())) or "none"


_FIGURES: Mapping[str, Callable[[ArmRecord], str]] = {
    "decisions": lambda one: _counts(one.verdicts),
    "policy": lambda one: ", ".join(str(version) for version in sorted(one.policies)) or "none",
    "closed trades": lambda one: f"{one.trades:,}",
    "of them with a profit": lambda one: f"{one.wins:,}",
    "open trades": lambda one: f"{one.open:,}",
    "net": lambda one: f"{one.net:+,.2f}",
    "fees": lambda one: f"{one.fees:,.2f}",
    "net of a trade": lambda one: "none" if one.mean is None else f"{one.mean:+,.2f}",
}
