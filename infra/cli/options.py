"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import InvalidInput
from domain.number import number
from infra.cli.completing import logs
from infra.web_address import is_web_address

_PACE = re.compile(r"([0-9]+(?:\.[0-9]+)?)x")

LogOption = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="URL",
        autocompletion=logs,
        help="sqlite:///PATH, kafka://HOST:PORT/TOPIC[?partition=N] or postgresql://…; default: sqlite:///whence.db.",
    ),
]
LiveLogOption = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="URL",
        autocompletion=logs,
        help="sqlite:///PATH or kafka://HOST:PORT/TOPIC[?partition=N]; default: sqlite:///whence.db.",
    ),
]
"""The log of a live run, which keeps its inputs beside it (`infra/inputs.py`)."""
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="Read models and tokens: sqlite:///PATH or postgresql://…; default: a file beside the log.",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file; default: ./whence.toml where it exists."),
]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Name of the account: lower-case letters and digits; default: paper."),
]
LogAccountOption = Annotated[
    str | None,
    typer.Option(
        "--account", help="Name of the account: lower-case letters and digits; default: that of the log."
    ),
]
"""The account of a request to the engine of a log (`infra/run/log_account.py`)."""
RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        metavar="FILE",
        help="File of imported trading rules; default: ./whence-instruments.json where it exists.",
    ),
]


def web_address(text: str) -> str:
    """The address of a web server, without a slash at its end. Raises BadParameter for any other text."""
    if not is_web_address(text):
        raise typer.BadParameter(f"{text[:80]!r} is no address; write it like http://127.0.0.1:8680")
    return text.rstrip("/")


AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        parser=web_address,
        metavar="URL",
        help="Another address than the exchange's own, as that of `whence venue`.",
    ),
]
AdoptSettingsOption = Annotated[
    bool,
    typer.Option(
        "--adopt-settings",
        help="Where the log was opened with other settings, put the configured ones in force from its end on.",
    ),
]
_LARGEST = 2**63 - 1

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def whole(least: int = -_LARGEST, most: int = _LARGEST, hint: str = "") -> Callable[[str | int], int]:
    """A parser for options that are whole numbers from `least` to `most`, written in the digits 0 to 9.

    By default the numbers are those that a database holds. `hint` follows the refusal of a text that is no number.

    The parser raises BadParameter, which typer prints with the option's name; the program then exits with code 2.
    """

    def parse(given: str | int) -> int:
        try:
            value = number(str(given), int)
        except ValueError:
            raise typer.BadParameter(f"{given!r} is not a whole number in the digits 0 to 9{hint}") from None
        if value < least:
            raise typer.BadParameter(f"{value} is below {least}")
        if value > most:
            raise typer.BadParameter(f"{value} is above {most}")
        return value

    return parse


CandlesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--candles",
        metavar="FILE...",
        help="Candle files (CSV, JSON, feather, parquet); default: a synthetic market.",
    ),
]
MoreCandles = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", hidden=True)]
"""The further files of a shell's pattern after --candles."""
SymbolOption = Annotated[
    list[str] | None,
    typer.Option(
        "--symbol",
        help="Symbol of each file, in order, where names and contents lack it; or symbols of the synthetic market.",
    ),
]
BalanceOption = Annotated[
    str | None,
    typer.Option("--balance", help="Starting balance in quote currency; default: 10000 for dollars."),
]
QuoteOption = Annotated[
    str | None,
    typer.Option(
        "--quote",
        metavar="CURRENCY",
        help="Quote currency of symbols that do not end in a known one, as USDT.",
    ),
]
LeverageOption = Annotated[
    str | None,
    typer.Option("--leverage", help="Maximum size of a position as a multiple of its margin; default: 1."),
]
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", parser=whole(), metavar="N", help="Seed of the synthetic market; default: 7."),
]
BarsOption = Annotated[
    int | None,
    typer.Option(
        "--bars",
        parser=whole(1, 10_000_000),
        metavar="N",
        help="Candles per symbol of the synthetic market; default: 5000.",
    ),
]
FundingHoursOption = Annotated[
    int | None,
    typer.Option(
        "--funding-hours",
        parser=whole(1, 24),
        metavar="N",
        help="Keep the funding rates of candles that open at a settlement, every N hours UTC; default: all.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="A setting, as trading.risk.max_positions=3; repeatable."
    ),
]
StrategyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--strategy",
        metavar="TEXT",
        help='In place of the log\'s strategies: "trend fast=10", or "quick=trend interval=15m"; repeatable.',
    ),
]
FromDayOption = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="DAY", help="From this day on (UTC); earlier candles warm the strategies."
    ),
]
ToDayOption = Annotated[
    str | None, typer.Option("--to", metavar="DAY", help="Up to this day (UTC), included.")
]
InsteadStrategyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--strategy",
        metavar="TEXT",
        help='In place of the configured strategies: "trend fast=10", or "quick=trend interval=15m"; repeatable.',
    ),
]
PolicyOption = Annotated[
    int | None,
    typer.Option(
        "--policy",
        parser=whole(1),
        metavar="N",
        help="Version of the policy of the committees; default: the current one.",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="The champion from the opening on, in place of the log's models: the first digits of a registered model's "
        "SHA-256, a model file, or none.",
    ),
]
PortOption = Annotated[
    int,
    typer.Option("--port", parser=whole(0, 65535), metavar="N", help="Port of the API; 0 for any free port."),
]


def file_of(given: str | Path) -> Path:
    """A parser for options that name a file to be written. Raises BadParameter for `-`, which would be a file, too."""
    if str(given) == "-":
        raise typer.BadParameter("'-' does not stand for the standard output here: name a file or a folder")
    return Path(given)


HtmlOption = Annotated[
    Path | None,
    typer.Option(
        "--html",
        parser=file_of,
        metavar="FILE",
        help="Also write the report as one self-contained page into this file.",
    ),
]


def speed_of(text: str) -> float | None:
    """The value of `--speed`: `10x` -> 10.0, `max` -> None. Raises InvalidInput for any other text."""
    return None if text == "max" else pace_of(text, "--speed", "60x, or max for no pauses")


def pace_of(text: str | None, option: str = "--pace", like: str = "60x") -> float | None:
    """`60x` -> 60.0; None for None. Raises InvalidInput, which names the option and what is `like` it, for others."""
    if text is None:
        return None
    found = _PACE.fullmatch(text)
    if found is None or not 0 < float(found[1]) < inf:
        raise InvalidInput(f"{option} {text!r} is not a pace; write it like {like}")
    return float(found[1])


def time_of(text: str) -> datetime:
    """An ISO 8601 time, in UTC where it has no zone. Raises InvalidInput for any other text."""
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{text!r} is not a time; write it like 2025-06-30T14:00:00Z") from None
