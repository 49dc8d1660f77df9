"""Options of the commands that use an account at an exchange."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.errors import InvalidInput

ExchangeOption = Annotated[
    str,
    typer.Option(
        "--exchange",
        metavar="NAME",
        help="The exchange: bybit, or ccxt:NAME with a name of ccxt, as ccxt:binanceusdm.",
    ),
]
TestnetOption = Annotated[
    bool, typer.Option("--testnet", help="The exchange's testnet instead of the exchange.")
]
DemoOption = Annotated[
    bool, typer.Option("--demo", help="The exchange's demo trading instead of the exchange.")
]
KeyIsCheckedOption = Annotated[
    bool,
    typer.Option(
        "--key-is-checked",
        help="States that the API key may trade and may not withdraw, where ccxt cannot find that out.",
    ),
]
SecretsOption = Annotated[
    str | None,
    typer.Option(
        "--secrets",
        metavar="PLACE",
        help="Where bybit_api_key and bybit_api_secret are: a FOLDER of its owner's alone, keyring:SERVICE or "
        "vault:https://HOST/v1/PATH; the variables BYBIT_API_KEY and BYBIT_API_SECRET come first. For ccxt:NAME the "
        "names begin with ccxt_NAME_, and a passphrase is in ccxt_NAME_password.",
    ),
]


def instruments_of(
    named: list[str], option: str = "--instruments", *, venue: str = "BYBIT"
) -> tuple[str, ...]:
    """The ids of the instruments that the option names; BTCUSDT is BTCUSDT-LINEAR.BYBIT at the venue BYBIT.

    Raises InvalidInput for any other text.
    """
    from domain.instrument import is_instrument_id

    ending = f"-LINEAR.{venue}"
    given = [one.strip().upper() for text in named for one in text.split(",")]
    ids = [one if "-" in one else f"{one}{ending}" for one in given]
    for one in ids:
        if not is_instrument_id(one) or not one.endswith(ending):
            raise InvalidInput(
                f"{option} {one[:60]!r} is no perpetual of {venue.capitalize()}; write it like BTCUSDT or "
                f"BTCUSDT{ending}"
            )
    return tuple(dict.fromkeys(ids))
