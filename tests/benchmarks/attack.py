"""One attack on an API, until it is killed: `python -m tests.benchmarks.attack NAME URL TOKEN`.

Requests are repeated as soon as the previous one is answered, by eight clients at once.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from urllib.parse import urlsplit

import aiohttp

_AT_ONCE = 8
_SILENT = 1_000
_WRONG = f"whence_{'0' * 12}_{'x' * 43}"
_ORDERS = "query($after: String!) { orders(orderBy: NOTIONAL, after: $after) { edges { node { id } } } }"
_JOURNAL = "query($search: String!) { journal(where: {search: $search}) { edges { node { line } } } }"
_CHANGE = """mutation($key: String!, $value: String!) {
  changeSettings(
    request: {idempotencyKey: $key}, changes: [{name: "risk.win_rate_window", value: $value}]
  ) { __typename } }"""
_NESTED = "{ orders(first: 20) { edges { node { %s } } } }"
_CHAIN = "chain(first: 20) { id type line stream version causeId json }"


async def _flood(url: str, token: str, body_of: Callable[[int], bytes]) -> None:
    numbers = itertools.count()

    async def client(session: aiohttp.ClientSession) -> None:
        while True:
            try:
                async with session.post(url, data=body_of(next(numbers))) as answer:
                    await answer.read()
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.1)

    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        await asyncio.gather(*(client(session) for _ in range(_AT_ONCE)))


async def _silent(url: str, _token: str) -> None:
    place = urlsplit(url)
    held = [await asyncio.open_connection(place.hostname, place.port) for _ in range(_SILENT)]
    for _, writer in held:
        writer.write(b"POST /graphql HTTP/1.1\r\nHost: ")
    await asyncio.Event().wait()


def _cursor(_: int) -> bytes:
    """A cursor with a number of forty million digits, and the digest that it had before cursors had a key."""
    body = b'[1,"orders.NOTIONAL.DESC","Decimal","1E+40000000",1]'
    digest = blake2b(body, digest_size=6, person=b"cursor").digest()
    after = urlsafe_b64encode(digest + body).decode().rstrip("=")
    return json.dumps({"query": _ORDERS, "variables": {"after": after}}).encode()


def _deep(number: int) -> bytes:
    repeated = " ".join(f"id status filled {'limitPrice ' * 100}" for _ in range(4))
    return json.dumps({"query": _NESTED % f"{repeated} {_CHAIN} # {number}"}).encode()


def _search(number: int) -> bytes:
    words = " ".join(f"w{n}" for n in range(number, number + 90_000))
    return json.dumps({"query": _JOURNAL, "variables": {"search": words}}).encode()


def _mutation(number: int) -> bytes:
    """A change that is recorded and does not influence the trading, where the least win rate is 0."""
    variables = {"key": f"attack{number}", "value": str(50 + number % 7)}
    return json.dumps({"query": _CHANGE, "variables": variables}).encode()


def _flooding(body_of: Callable[[int], bytes]) -> Callable[[str, str], Awaitable[None]]:
    return lambda url, token: _flood(url, token, body_of)


ATTACKS: Mapping[str, Callable[[str, str], Awaitable[None]]] = {
    "forged cursors": _flooding(_cursor),
    "deep queries": _flooding(_deep),
    "searches of 90,000 words": _flooding(_search),
    "1,000 silent connections": _silent,
    "mutations": _flooding(_mutation),
    "wrong tokens": lambda url, _token: _flood(url, _WRONG, _deep),
}


async def _attack(name: str, url: str, token: str) -> None:
    await ATTACKS[name](url, token)


if __name__ == "__main__":
    asyncio.run(_attack(*sys.argv[1:]))
