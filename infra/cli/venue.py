"""`whence venue`: a Bybit v5 exchange on this machine, for Whence and for any other bot."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from domain.number import number
from infra.cli.options import PortOption, pace_of, whole

if TYPE_CHECKING:
    from infra.run.venue import VenueOptions

_SYNTHETIC = "synthetic"
_PAST = 200
_TERMINATED = 143
"""The exit code of a program that was ended by SIGTERM: 128 plus its number, as shells define it."""


def venue(
    market: Annotated[
        list[str] | None,
        typer.Option(
            metavar="synthetic|FILE|FOLDER",
            help="A synthetic market, a file of candles, trades or books, or a folder of `whence record`.",
        ),
    ] = None,
    more: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="More files, one for each further market.")
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SYMBOL",
            help="Symbol of each file, in order, where file names lack it; or of the synthetic market.",
        ),
    ] = None,
    category: Annotated[
        str, typer.Option(metavar="linear|spot", help="What the files are recordings of.")
    ] = "linear",
    past: Annotated[
        int | None,
        typer.Option(
            parser=whole(0, 10_000_000),
            metavar="N",
            help="Candles of a file that are past at the start: 200.",
        ),
    ] = None,
    pace: Annotated[
        str | None,
        typer.Option(metavar="60x", help="Speed of the market as a multiple of real time, as 60x."),
    ] = None,
    from_now: Annotated[
        bool,
        typer.Option(
            "--from-now", help="Play a recording as if it began now, so that live runs trade on it."
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(parser=whole(0), metavar="N", help="Seed of the synthetic market and of all ids.")
    ] = 7,
    balance: Annotated[str, typer.Option(metavar="USDT", help="The account's money, in USDT.")] = "10000",
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="Fee level: VIP 0 to VIP 5, Supreme VIP, Pro 1 to Pro 6.")
    ] = "VIP 0",
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="API key; default: a new one at each start.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(metavar="SECRET", help="API secret; default: a new one at each start.")
    ] = None,
    port: PortOption = 8680,
    admin_port: Annotated[
        int, typer.Option(parser=whole(0, 65535), metavar="N", help="Port of faults and actions; 0 for any.")
    ] = 8681,
    no_limits: Annotated[bool, typer.Option("--no-limits", help="Limit no rate of requests.")] = False,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep accounts and orders in this file from one run to the next."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the start block and the end only.")] = False,
) -> None:
    """Serves Bybit's v5 API on 127.0.0.1 until Ctrl-C: pybit and ccxt trade on it unchanged.

    Without --state nothing is kept. Faults and actions are at /faults and /actions of the admin port; docs/venue.md
    describes them.

    \b
    Examples:
      whence venue --key demo --secret demo
      whence venue --market BTCUSDT_5m.csv ETHUSDT_5m.csv --pace 60x
      whence venue --state account.state --quiet
    """
    import asyncio

    from adapters.simulated.venue.fees import LEVELS
    from infra.run.venue import VenueOptions

    files = [one for one in (*(market or ()), *(more or ())) if one.casefold() != _SYNTHETIC]
    if past is not None and not files:
        raise InvalidInput("--past is for files: the synthetic market has its own past")
    options = VenueOptions(
        files=tuple(map(Path, files)),
        symbols=tuple(map(str.upper, symbol or ())),
        category=category.lower(),
        past=_PAST if past is None else past,
        pace=pace_of(pace),
        from_now=from_now,
        seed=seed,
        balance=_money(balance),
        level=next((one for one in LEVELS if one.casefold() == level.casefold()), level),
        key=_text("--key", key),
        secret=_text("--secret", secret),
        port=port,
        admin_port=admin_port,
        limits=not no_limits,
        state=state,
    )
    try:
        asyncio.run(_serve(options, narrates=not quiet))
    except asyncio.CancelledError:
        raise typer.Exit(_TERMINATED) from None


async def _serve(options: VenueOptions, *, narrates: bool) -> None:
    """Serves until SIGINT or SIGTERM; both end it in an orderly way."""
    import asyncio
    import shutil
    import signal
    import sys

    from infra.run.venue import serve

    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    is_watched = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_watched else None
    await serve(options, typer.echo, narrates=narrates, width=width, watches=is_watched)


def _text(option: str, given: str | None) -> str:
    """Empty where the option is missing."""
    if given is not None and (not given or given.startswith("-")):
        raise InvalidInput(f"{option} {given!r} is no key: it is empty or looks like an option")
    return given or ""


def _money(text: str) -> Decimal:
    try:
        amount = number(text, Decimal)
    except ValueError:
        raise InvalidInput(f"--balance {text!r} is not a number") from None
    if amount < 0:
        raise InvalidInput(f"--balance {text} is below 0")
    return amount
