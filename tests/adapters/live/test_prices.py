from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta

from adapters.live import Prices
from commands.observer import Observer
from tests.domain.history import BTC, ETH, NOW, D


def run(test: Callable[[Prices], Awaitable[None]]) -> None:
    async def within() -> None:
        await asyncio.wait_for(test(Prices()), 10)

    asyncio.run(within())


async def seen(prices: Prices, instrument: str, price: int, minute: int = 0) -> None:
    """As the engine's thread tells it; back when it has arrived."""
    told: Observer = prices
    await asyncio.to_thread(told.saw, instrument, D(price), NOW + timedelta(minutes=minute))
    await asyncio.sleep(0)


def test_the_last_is_told_first_and_then_each_that_follows() -> None:
    async def test(prices: Prices) -> None:
        await seen(prices, BTC, 100)
        async with aclosing(prices.subscribe()) as told:
            assert (await anext(told)).price == D(100)
            await seen(prices, BTC, 101, 5)
            assert (await anext(told)).price == D(101)

    run(test)


def test_who_is_slow_sees_the_newest_of_each_and_nothing_is_kept_for_them() -> None:
    async def test(prices: Prices) -> None:
        async with aclosing(prices.subscribe([ETH, BTC])) as told:
            waiting = asyncio.ensure_future(anext(told))
            await asyncio.sleep(0)
            for minute in range(50):
                await seen(prices, BTC, 100 + minute, minute)
            await seen(prices, ETH, 9)
            first = await waiting
            assert (first.instrument, first.price) == (BTC, D(100))
            later = [await anext(told) for _ in range(2)]
            assert {(one.instrument, one.price) for one in later} == {(ETH, D(9)), (BTC, D(149))}

    run(test)


def test_others_prices_wake_but_are_not_told() -> None:
    async def test(prices: Prices) -> None:
        async with aclosing(prices.subscribe([ETH])) as told:
            waiting = asyncio.ensure_future(anext(told))
            await asyncio.sleep(0)
            await seen(prices, BTC, 100)
            assert not waiting.done()
            await seen(prices, ETH, 9)
            assert (await waiting).instrument == ETH

    run(test)


def test_an_engine_that_outlives_the_loop_is_not_disturbed() -> None:
    kept: list[Prices] = []

    async def keep(prices: Prices) -> None:
        kept.append(prices)

    run(keep)
    kept[0].saw(BTC, D(100), NOW)
    assert dict(kept[0].last) == {}
