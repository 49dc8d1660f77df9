"""`whence venue`: a Bybit v5 exchange on this machine, for Whence and for any other bot."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import InvalidInput
from domain.number import number
from infra.cli.options import pace_of, whole

_SYNTHETIC = "synthetic"


def venue(
    market: Annotated[
        list[str] | None,
        typer.Option(
            metavar="synthetic|FILE", help="A synthetic market, or a file of candles, trades or books."
        ),
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
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
        int,
        typer.Option(
            parser=whole(0, 10_000_000), metavar="N", help="Candles of a file that are past at the start."
        ),
    ] = 200,
    pace: Annotated[
        str | None,
        typer.Option(metavar="60x", help="Speed of the market as a multiple of real time, as 60x."),
    ] = None,
    seed: Annotated[
        int, typer.Option(parser=whole(0), metavar="N", help="Seed of the synthetic market and of all ids.")
    ] = 7,
    balance: Annotated[str, typer.Option(metavar="USDT", help="The account's money, in USDT.")] = "10000",
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="Fee level: VIP 0 to VIP 5, Supreme VIP, Pro 1 to Pro 6.")
    ] = "VIP 0",
    key: Annotated[str, typer.Option(metavar="KEY", help="API key; default: a new one.")] = "",
    secret: Annotated[str, typer.Option(metavar="SECRET", help="API secret; default: a new one.")] = "",
    port: Annotated[
        int, typer.Option(parser=whole(0, 65535), metavar="N", help="Port of the API; 0 for any free port.")
    ] = 8680,
    admin_port: Annotated[
        int, typer.Option(parser=whole(0, 65535), metavar="N", help="Port of faults and actions; 0 for any.")
    ] = 8681,
    no_limits: Annotated[bool, typer.Option("--no-limits", help="Limit no rate of requests.")] = False,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep accounts and orders in this file from one run to the next."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print a line a second.")] = False,
) -> None:
    """Serves Bybit's v5 API on loopback until Ctrl-C: pybit and ccxt trade on it unchanged, and faults can be added."""
    import asyncio

    from infra.run.venue import VenueOptions, serve

    files = [*(market or ()), *(more or ())]
    options = VenueOptions(
        files=tuple(Path(one) for one in files if one != _SYNTHETIC),
        symbols=tuple(symbol or ()),
        category=category,
        past=past,
        pace=pace_of(pace),
        seed=seed,
        balance=_money(balance),
        level=level,
        key=key,
        secret=secret,
        port=port,
        admin_port=admin_port,
        limits=not no_limits,
        state=state,
    )
    asyncio.run(serve(options, typer.echo, narrates=not quiet))


def _money(text: str) -> Decimal:
    try:
        amount = number(text, Decimal)
    except ValueError:
        raise InvalidInput(f"--balance {text!r} is not a number") from None
    if amount < 0:
        raise InvalidInput(f"--balance {text} is below 0")
    return amount
