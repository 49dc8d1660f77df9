"""Options of the commands that use an account at an exchange."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.errors import InvalidInput

ExchangeOption = Annotated[str, typer.Option("--exchange", metavar="NAME", help="The exchange: bybit.")]
TestnetOption = Annotated[bool, typer.Option("--testnet", help="Bybit's testnet instead of Bybit.")]
DemoOption = Annotated[bool, typer.Option("--demo", help="Bybit's demo trading instead of Bybit.")]
SecretsOption = Annotated[
    str | None,
    typer.Option(
        "--secrets",
        metavar="PLACE",
        help="Where bybit_api_key and bybit_api_secret are: a FOLDER of its owner's alone, keyring:SERVICE or "
        "vault:https://HOST/v1/PATH; the variables BYBIT_API_KEY and BYBIT_API_SECRET come first.",
    ),
]
_DEFAULT = "-LINEAR.BYBIT"


def instruments_of(named: list[str], option: str = "--instruments") -> tuple[str, ...]:
    """The ids of the instruments that the option names; BTCUSDT is BTCUSDT-LINEAR.BYBIT.

    Raises InvalidInput for any other text.
    """
    from domain.instrument import is_instrument_id

    given = [one.strip().upper() for text in named for one in text.split(",")]
    ids = [one if "-" in one else f"{one}{_DEFAULT}" for one in given]
    for one in ids:
        if not is_instrument_id(one) or not one.endswith(_DEFAULT):
            raise InvalidInput(
                f"{option} {one[:60]!r} is no perpetual of Bybit; write it like BTCUSDT or "
                "BTCUSDT-LINEAR.BYBIT"
            )
    return tuple(dict.fromkeys(ids))
