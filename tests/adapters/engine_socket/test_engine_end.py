"""The engine's end: what a broken, slow or malicious API process can do to the engine's process."""

from __future__ import annotations

import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import timedelta
from decimal import Decimal
from threading import Event
from time import monotonic

import pytest

from adapters.command_topic.wire import read_answer
from adapters.engine_socket.failure import failure_bytes
from adapters.engine_socket.frame import Frame, Kind
from adapters.engine_socket.quotes import read_quotes
from adapters.mailbox import Mailbox
from commands.door import Answer, Completed, Declined, TimedOut
from commands.request import Requested
from domain.errors import InvalidInput, ServerFailed, StoreUnavailable
from tests.adapters.engine_socket.linked import LONG_ENOUGH, a_request, linked, request_frame
from tests.domain.history import NOW


def done(requested: Requested) -> Answer:
    return Completed(requested.id, ())


def answered_once(mailbox: Mailbox, engine: Callable[[Requested], Answer] = done) -> None:
    until = monotonic() + LONG_ENOUGH
    while mailbox.answer_all(engine, 0.01) == 0:
        assert monotonic() < until


FORGED = {
    "an unknown kind": Frame(Kind.UP).written()[:4] + b"\x63" + bytes(8),
    "metrics that are none": Frame(Kind.COUNTED, 0, b"{}").written(),
    "a kind that only the engine sends": Frame(Kind.ANSWER, 1, b"{}").written(),
    "a body of four gigabytes": b"\xff\xff\xff\xff\x03" + bytes(8),
    "text": b"GET /graphql HTTP/1.1\r\nHost: engine\r\n\r\n",
    "a request without a patience": Frame(Kind.REQUEST, 1, b"abc").written(),
    "a patience that is not a number": Frame(Kind.REQUEST, 1, struct.pack(">d", float("nan"))).written(),
    "a patience of years": Frame(Kind.REQUEST, 1, struct.pack(">d", 1e9)).written(),
    "a number that is in use": request_frame(7).written() + request_frame(7).written(),
    "a second report of the API's start": 2 * Frame(Kind.UP).written(),
    "a failure without a reason": Frame(Kind.FAILED, 0, b"{}").written(),
    "a failure of an unknown class": Frame(Kind.FAILED, 0, b'{"code":"SystemExit","reason":""}').written(),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_forged_frame_ends_the_connection_and_withdraws_its_requests(forged: bytes) -> None:
    with linked() as link:
        link.send(request_frame(1))
        link.other.sendall(forged)
        with pytest.raises(InvalidInput):
            link.ended.result(LONG_ENOUGH)
        assert link.mailbox.answer_all(done) == 0
        own = link.mailbox.post(a_request("own"))
        answered_once(link.mailbox)
        assert own.result(LONG_ENOUGH) == Completed("own", ())


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"[" * 60_000, b'{"version":1,"kind":"TripKillSwitch"}', bytes(60_000)],
    ids=["empty", "a list", "half", "deep", "incomplete", "zeros"],
)
def test_an_unreadable_request_is_declined_and_the_connection_goes_on(body: bytes) -> None:
    with linked() as link:
        link.send(Frame(Kind.REQUEST, 1, struct.pack(">d", 1.0) + body))
        answer = read_answer(link.next(Kind.ANSWER).body)
        assert isinstance(answer, Declined)
        assert answer.code == "InvalidInput"
        link.send(request_frame(2))
        answered_once(link.mailbox)
        assert read_answer(link.next(Kind.ANSWER).body) == Completed("k2", [])


def test_a_request_that_the_engine_does_not_take_in_time_is_withdrawn() -> None:
    with linked() as link:
        link.send(request_frame(1, patience=0.05))
        answer = read_answer(link.next(Kind.ANSWER).body)
        assert isinstance(answer, TimedOut)
        assert "withdrawn" in answer.known
        assert link.mailbox.answer_all(done) == 0


def test_a_request_that_was_not_taken_is_withdrawn_when_the_api_process_dies() -> None:
    with linked() as link:
        link.send(request_frame(1), Frame(Kind.FIGURES_WANTED, 2))
        link.next(Kind.FIGURES)
        link.other.close()
        link.ended.result(LONG_ENOUGH)
        assert link.mailbox.answer_all(done) == 0


def test_a_request_that_was_taken_is_carried_out_when_the_api_process_dies() -> None:
    with linked() as link, ThreadPoolExecutor(1) as pool:
        taken, dead = Event(), Event()

        def slow(requested: Requested) -> Answer:
            taken.set()
            assert dead.wait(LONG_ENOUGH)
            return done(requested)

        engine = pool.submit(answered_once, link.mailbox, slow)
        link.send(request_frame(1))
        assert taken.wait(LONG_ENOUGH)
        link.other.close()
        link.ended.result(LONG_ENOUGH)
        dead.set()
        engine.result(LONG_ENOUGH)


def test_of_too_many_waiting_requests_the_last_one_is_refused() -> None:
    with linked() as link:
        link.send(*(request_frame(number) for number in range(1, 66)))
        frame = link.next(Kind.ANSWER)
        assert frame.number == 65
        answer = read_answer(frame.body)
        assert isinstance(answer, TimedOut)
        assert "nothing was recorded" in answer.known


def test_the_newest_prices_reach_an_end_that_was_too_slow_for_all_of_them() -> None:
    with linked() as link:
        link.send(Frame(Kind.UP), Frame(Kind.FIGURES_WANTED, 1))
        link.next(Kind.FIGURES)
        for n in range(100_000):
            link.quotes.saw(f"I{n % 7}", Decimal(n), NOW + timedelta(seconds=n))
        newest: dict[str, Decimal] = {}
        while sum(newest.values()) < sum(range(99_993, 100_000)):
            quotes = read_quotes(link.next(Kind.QUOTES).body)
            assert len(quotes) <= 7
            newest |= {quote.instrument: quote.close for quote in quotes}


def test_an_api_that_comes_up_late_receives_every_last_price() -> None:
    with linked() as link:
        link.quotes.saw("BTC", Decimal(1), NOW)
        link.quotes.saw("BTC", Decimal("2.50"), NOW)
        link.quotes.saw("ETH", Decimal(3), NOW)
        link.send(Frame(Kind.UP))
        found = read_quotes(link.next(Kind.QUOTES).body)
        assert {quote.instrument: str(quote.close) for quote in found} == {"BTC": "2.50", "ETH": "3"}


def test_answers_to_an_end_that_does_not_read_stay_bounded_and_the_engine_is_not_held() -> None:
    with linked(lambda: bytes(1_000_000)) as link:
        link.other.settimeout(0.2)
        flood = b"".join(Frame(Kind.FIGURES_WANTED, number).written() for number in range(200_000))
        with pytest.raises(TimeoutError):
            link.other.sendall(flood)
        own = link.mailbox.post(a_request("own"))
        answered_once(link.mailbox)
        assert own.done()


def test_the_error_of_a_failed_start_is_raised_with_its_class_and_message() -> None:
    with linked() as link:
        link.send(Frame(Kind.FAILED, 0, failure_bytes(StoreUnavailable("the store does not answer"))))
        with pytest.raises(StoreUnavailable, match="the store does not answer"):
            link.ended.result(LONG_ENOUGH)


def test_an_end_without_a_sign_of_life_is_given_up_and_its_requests_are_withdrawn() -> None:
    with linked(silence=1.0) as link:
        link.send(Frame(Kind.UP), request_frame(1))
        for _ in range(5):
            link.next(Kind.IS_ALIVE)
            link.send(Frame(Kind.ALIVE))
        assert not link.ended.done()
        with pytest.raises(ServerFailed, match="no sign of life"):
            link.ended.result(LONG_ENOUGH)
        assert link.mailbox.answer_all(done) == 0


def test_an_api_that_takes_long_to_come_up_is_not_given_up() -> None:
    with linked(silence=0.05) as link:
        with pytest.raises(FutureTimeout):
            link.ended.result(0.3)
        link.send(request_frame(1))
        answered_once(link.mailbox)
        assert read_answer(link.next(Kind.ANSWER).body) == Completed("k1", [])
