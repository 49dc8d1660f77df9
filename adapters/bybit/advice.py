"""What a person has to do about return codes that name a wrong key, place or symbol."""

from __future__ import annotations

from collections.abc import Mapping

ADVICE: Mapping[int, str] = {
    10003: "the API key is not known here: a key of Bybit, its testnet or its demo trading is valid there only",
    10004: "the API secret does not belong to the API key: check both",
    10005: "the API key may not do this: permit orders of contracts at Bybit",
    10009: "Bybit has banned this machine's address",
    10010: "the API key is not permitted from this machine's address: change its addresses at Bybit",
    10024: "Bybit does not serve this account from here for reasons of compliance",
    10029: "Bybit does not offer this symbol here: check its spelling, and whether it is listed at this place",
    33004: "the API key has expired: make a new one",
}


def advised(code: object, shown: str) -> str:
    """The code's sentence before what Bybit stated; only the latter where there is none."""
    found = ADVICE.get(code) if isinstance(code, int) else None
    return shown if found is None else f"{found} ({shown})"
