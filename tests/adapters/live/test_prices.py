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
    """Reports a price from another thread, as the engine does, and returns once the price has arrived."""
    observer: Observer = prices
    await asyncio.to_thread(observer.saw, instrument, D(price), NOW + timedelta(minutes=minute))
    await asyncio.sleep(0)


def test_a_subscriber_receives_the_last_price_first_and_then_each_later_one() -> None:
    async def test(prices: Prices) -> None:
        await seen(prices, BTC, 100)
        async with aclosing(prices.subscribe()) as received:
            assert (await anext(received)).price == D(100)
            await seen(prices, BTC, 101, 5)
            assert (await anext(received)).price == D(101)

    run(test)


def test_a_slow_subscriber_receives_only_the_newest_price_of_each_instrument() -> None:
    async def test(prices: Prices) -> None:
        async with aclosing(prices.subscribe([ETH, BTC])) as received:
            waiting = asyncio.ensure_future(anext(received))
            await asyncio.sleep(0)
            for minute in range(50):
                await seen(prices, BTC, 100 + minute, minute)
            await seen(prices, ETH, 9)
            first = await waiting
            assert (first.instrument, first.price) == (BTC, D(100))
            later = [await anext(received) for _ in range(2)]
            assert {(one.instrument, one.price) for one in later} == {(ETH, D(9)), (BTC, D(149))}

    run(test)


def test_prices_of_other_instruments_are_not_delivered() -> None:
    async def test(prices: Prices) -> None:
        async with aclosing(prices.subscribe([ETH])) as received:
            waiting = asyncio.ensure_future(anext(received))
            await asyncio.sleep(0)
            await seen(prices, BTC, 100)
            assert not waiting.done()
            await seen(prices, ETH, 9)
            assert (await waiting).instrument == ETH

    run(test)


def test_a_price_after_the_loop_has_closed_is_ignored() -> None:
    kept: list[Prices] = []

    async def keep(prices: Prices) -> None:
        kept.append(prices)

    run(keep)
    kept[0].saw(BTC, D(100), NOW)
    assert dict(kept[0].last) == {}
