"""The instruments that a person names for a recording."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import InvalidInput
from domain.instrument import is_instrument_id


def recorded_instruments(
    named: Sequence[str], exchange: str, option: str = "--instruments", *, most: int | None = None
) -> tuple[str, ...]:
    """The ids of the instruments: BTCUSDT is BTCUSDT-LINEAR.BYBIT at `bybit`. Each is there once.

    Raises InvalidInput for any other text, and for more than `most`. Errors name the `option`.
    """
    given = [one.strip().upper() for text in named for one in text.split(",")]
    ids = [one if "-" in one else f"{one}-LINEAR.{exchange.upper()}" for one in given]
    for one in ids:
        if not is_instrument_id(one) or not one.endswith(f".{exchange.upper()}"):
            raise InvalidInput(
                f"{option} {one[:60]!r} is no instrument of {exchange}; write it like BTCUSDT or "
                f"BTCUSDT-LINEAR.{exchange.upper()}"
            )
    if most is not None and len(ids) > most:
        raise InvalidInput(f"{option} names {len(ids)} instruments: name {most} at most")
    return tuple(dict.fromkeys(ids))
