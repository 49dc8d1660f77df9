"""Subscriptions: no gap from any ordinal on, an end for subscribers that are too slow, and every error reported."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from adapters.live.tail import LiveTail
from adapters.log.recorder_log import RecordedLog, RecorderLog
from domain.errors import InvalidInput, LogUnavailable, TooSlow
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from tests.adapters.log.conftest import Place
from tests.adapters.log.days import days

STREAM = "account-main"
_PATIENCE = 60
_WRITTEN = 4_000


class Writer:
    """Owns a log and writes a stream of days to it."""

    def __init__(self, log: RecorderLog, read: Callable[[], RecordedLog]) -> None:
        self._log, self.read = log, read
        self.written = 0

    def write(self, count: int) -> None:
        self._log.append(days(STREAM, self.written + 1, self.written + count))
        self.written += count


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")
    with ExitStack() as held:
        log = open_owned(settings)
        held.callback(log.close)
        yield Writer(log, partial(open_reader, settings))


@asynccontextmanager
async def following(open_log: Callable[[], RecordedLog], held: int = 4096) -> AsyncGenerator[LiveTail]:
    tail = LiveTail(open_log, held)
    await tail.start()
    try:
        yield tail
    finally:
        await tail.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        await asyncio.wait_for(test(), _PATIENCE)

    asyncio.run(within())


async def ordinals(tail: LiveTail, after: int | None, upto: int) -> list[int]:
    seen: list[int] = []
    async with aclosing(tail.subscribe(after)) as events:
        async for recorded in events:
            seen.append(recorded.ordinal)
            if recorded.ordinal >= upto:
                break
    return seen


async def persevering(tail: LiveTail, after: int, upto: int) -> list[int]:
    """Reads like a client that subscribes again, after its last ordinal, after each TooSlow."""
    seen: list[int] = []
    while after < upto:
        try:
            async with aclosing(tail.subscribe(after)) as events:
                async for recorded in events:
                    after = recorded.ordinal
                    seen.append(after)
                    if after == upto:
                        break
        except TooSlow as slow:
            after = slow.ordinal
    return seen


async def reached(tail: LiveTail, ordinal: int) -> None:
    await ordinals(tail, ordinal - 1, ordinal)


def test_each_subscriber_receives_every_event_once_from_any_ordinal_while_the_log_grows(kept: Place) -> None:
    """The ring holds fewer events than are written.

    Most subscribers begin with pages of the log and reach the ring while events are added to it. Some of them fall
    behind the ring again.
    """
    draws = random.Random(4)
    writer = Writer(kept.own(), kept.read)
    writer.write(1_000)

    def write_all() -> None:
        while writer.written < _WRITTEN:
            writer.write(min(draws.randint(1, 200), _WRITTEN - writer.written))

    async def subscriber(tail: LiveTail) -> None:
        await asyncio.sleep(draws.random() / 2)
        after = draws.randint(0, tail.ordinal)
        assert await persevering(tail, after, _WRITTEN) == list(range(after + 1, _WRITTEN + 1))

    async def test() -> None:
        async with following(writer.read, held=_WRITTEN // 2) as tail:
            thread = threading.Thread(target=write_all)
            thread.start()
            await asyncio.gather(*(subscriber(tail) for _ in range(60)))
            await asyncio.to_thread(thread.join)
            assert tail.subscribers == 0

    run(test)


def test_a_subscription_without_an_ordinal_begins_at_the_next_event(writer: Writer) -> None:
    async def test() -> None:
        writer.write(5)
        async with following(writer.read) as tail:
            seen = asyncio.create_task(ordinals(tail, None, 7))
            await asyncio.sleep(0)
            assert tail.subscribers == 1
            await asyncio.to_thread(writer.write, 2)
            assert await seen == [6, 7]

    run(test)


def test_the_subscription_of_a_slow_subscriber_ends_with_the_ordinal_to_continue_after(
    writer: Writer,
) -> None:
    async def test() -> None:
        writer.write(1)
        async with following(writer.read, held=10) as tail:
            slow = tail.subscribe(0)
            assert (await anext(slow)).ordinal == 1
            await asyncio.to_thread(writer.write, 1)
            assert (await anext(slow)).ordinal == 2
            await asyncio.to_thread(writer.write, 50)
            await reached(tail, 52)
            with pytest.raises(TooSlow, match="after ordinal 2,") as dropped:
                await anext(slow)
            assert dropped.value.ordinal == 2
            assert tail.subscribers == 0
            assert await ordinals(tail, dropped.value.ordinal, 52) == list(range(3, 53))

    run(test)


def test_an_ordinal_that_the_log_does_not_have_is_refused_at_once(writer: Writer) -> None:
    async def test() -> None:
        writer.write(3)
        async with following(writer.read) as tail:
            for wrong, message in ((4, "the log ends at ordinal 3"), (-1, "counted from 1")):
                with pytest.raises(InvalidInput, match=message):
                    await anext(tail.subscribe(wrong))

    run(test)


class Fallible:
    """Opens the log while `answers` is true; raises LogUnavailable while it is false."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.opened: list[RecordedLog] = []
        self.is_followed = threading.Event()
        self.answers = True

    def open(self) -> RecordedLog:
        if not self.answers:
            raise LogUnavailable("the store does not answer")
        self.opened.append(self._writer.read())
        if len(self.opened) > 1:
            self.is_followed.set()
        return self.opened[-1]


async def persistently(tail: LiveTail, after: int, upto: int) -> list[int]:
    """Reads like a client that subscribes again shortly after each LogUnavailable."""
    while True:
        try:
            return await ordinals(tail, after, upto)
        except LogUnavailable:
            await asyncio.sleep(0.01)


def test_after_a_failure_of_the_log_new_subscriptions_continue_at_the_same_ordinal(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.live.following._PAUSE_SECONDS", 0.01)

    async def test() -> None:
        writer.write(2)
        store = Fallible(writer)
        async with following(store.open) as tail:
            waiting = asyncio.create_task(ordinals(tail, 2, 99))
            await asyncio.to_thread(store.is_followed.wait)
            assert tail.subscribers == 1
            store.answers = False
            monkeypatch.setattr(store.opened[1], "read", _unanswered)
            with pytest.raises(LogUnavailable, match="does not answer"):
                await waiting
            await asyncio.to_thread(writer.write, 3)
            store.answers = True
            assert await persistently(tail, 2, 5) == [3, 4, 5]

    run(test)


def _unanswered(*_arguments: object) -> Iterator[None]:
    raise LogUnavailable("the store does not answer")


def test_closing_ends_every_subscription(writer: Writer) -> None:
    async def test() -> None:
        async with following(writer.read) as tail:
            waiting = asyncio.create_task(ordinals(tail, None, 1))
            await asyncio.sleep(0)
            assert tail.subscribers == 1
        with pytest.raises(LogUnavailable, match="stopping"):
            await waiting
        with pytest.raises(LogUnavailable, match="stopping"):
            await anext(tail.subscribe(0))

    writer.write(1)
    run(test)


def test_a_stream_is_read_up_to_a_version(writer: Writer) -> None:
    async def test() -> None:
        writer.write(5)
        async with following(writer.read) as tail:
            assert await tail.stream(STREAM, 3) == days(STREAM, 1, 3)

    run(test)
