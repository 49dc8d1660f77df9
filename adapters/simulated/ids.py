"""Ids and random draws of the simulated exchange: hashes of what happened, without a counter or a random generator.

A restart that replays the same calls over the same candles therefore gives the same ids and prices.
"""

from __future__ import annotations

from binascii import b2a_base64
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

VENUE = "SIM"
_DRAWS = 1_000_000


def short_id(*parts: str) -> str:
    """12 characters of A-Z, a-z, 0-9, `-` and `_`: 72 bits of a hash."""
    digest = blake2b("/".join(parts).encode(), digest_size=9).digest()
    return b2a_base64(digest, newline=False).translate(_URL_SAFE).decode()


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@lru_cache(maxsize=1024)
def venue_order_id(order_id: str) -> str:
    """The exchange's id of an order."""
    return short_id(order_id, "order")


def execution_id(order_id: str, n: int) -> str:
    """The id of the order's n-th execution, counted from 0."""
    return short_id(order_id, "execution", str(n))


def fact(*parts: str) -> str:
    """`exchange:SIM:<id>`: the causation id of something that happened at this exchange."""
    return f"exchange:{VENUE}:{short_id(*parts)}"


def draw(seed: int, order_id: str, n: int) -> Decimal:
    """A pseudo-random multiple of 2e-6 in [-1, 1) for the order's n-th execution."""
    digest = blake2b(f"{seed}/{order_id}/{n}".encode(), digest_size=8).digest()
    return Decimal(int.from_bytes(digest, "big") % _DRAWS * 2 - _DRAWS) / _DRAWS
