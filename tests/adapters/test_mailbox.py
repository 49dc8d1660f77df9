"""The mailbox of an engine: any thread sends requests, and the engine's thread answers them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from signal import ITIMER_REAL, SIGALRM, setitimer, signal
from threading import Event, Timer
from time import monotonic

import pytest

from adapters.mailbox import Mailbox
from commands.door import Answer, Completed, TimedOut
from commands.request import Requested, TripKillSwitch
from domain.errors import OwnershipLost
from tests.domain.history import ACCOUNT, NOW

LONG_ENOUGH = 10.0


def a_request(key: str = "k1") -> Requested:
    return Requested(
        id=key,
        account=ACCOUNT,
        actor="eve",
        valid_until=NOW + timedelta(minutes=1),
        request=TripKillSwitch("lunch"),
    )


def yes(requested: Requested) -> Answer:
    return Completed(requested.id, ())


def sent(mailbox: Mailbox, pool: ThreadPoolExecutor, key: str = "k1") -> Future[Answer]:
    return pool.submit(mailbox.ask, a_request(key), LONG_ENOUGH)


def test_each_of_several_callers_gets_its_own_answer() -> None:
    mailbox = Mailbox()
    with ThreadPoolExecutor(20) as pool:
        waiting = {f"k{n}": sent(mailbox, pool, f"k{n}") for n in range(20)}
        answered = 0
        while answered < 20:
            answered += mailbox.answer_all(yes, patience=0.01)
        assert {key: future.result().command_id for key, future in waiting.items()} == {
            key: key for key in waiting
        }


def test_a_request_that_times_out_is_withdrawn_and_not_carried_out() -> None:
    mailbox, done = Mailbox(), list[str]()
    answer = mailbox.ask(a_request(), 0.01)
    assert isinstance(answer, TimedOut)
    assert "nothing was recorded" in answer.known
    assert "withdrawn" in answer.known

    def engine(requested: Requested) -> Answer:
        done.append(requested.id)
        return yes(requested)

    assert mailbox.answer_all(engine) == 0
    assert done == []


def test_a_timeout_after_the_engine_took_the_request_is_reported_as_under_way() -> None:
    mailbox, taken, released = Mailbox(), Event(), Event()

    def slow(requested: Requested) -> Answer:
        taken.set()
        assert released.wait(LONG_ENOUGH)
        return yes(requested)

    with ThreadPoolExecutor(2) as pool:
        impatient = pool.submit(mailbox.ask, a_request(), 0.2)
        engine = pool.submit(mailbox.answer_all, slow, LONG_ENOUGH / 20)
        assert taken.wait(LONG_ENOUGH)
        answer = impatient.result()
        released.set()
        assert engine.result() == 1
    assert isinstance(answer, TimedOut)
    assert "has taken the request and has not finished" in answer.known


def test_where_the_engine_fails_the_caller_gets_timed_out_and_the_error_is_raised() -> None:
    mailbox = Mailbox()

    def fenced(requested: Requested) -> Answer:
        raise OwnershipLost(f"another engine owns the log: {requested.id}")

    with ThreadPoolExecutor(2) as pool:
        first = sent(mailbox, pool, "k1")
        with pytest.raises(OwnershipLost, match="k1"):
            mailbox.answer_all(fenced, patience=LONG_ENOUGH)
        second = sent(mailbox, pool, "k2")
        mailbox.close("it lost its log")
        answers = [first.result(), second.result(), mailbox.ask(a_request("k3"), LONG_ENOUGH)]
    known = [answer.known for answer in answers if isinstance(answer, TimedOut)]
    assert "recorded as a whole or not at all" in known[0]
    assert [
        sentence for sentence in known[1:] if "nothing was done" in sentence and "lost its log" in sentence
    ] == known[1:]
    assert len(known) == 3


def test_the_engine_stops_answering_in_time_while_requests_keep_arriving() -> None:
    mailbox = Mailbox()

    def again(requested: Requested) -> Answer:
        pool.submit(mailbox.ask, requested, 0.5)
        until_somebody_waits()
        return yes(requested)

    def until_somebody_waits() -> None:
        until = monotonic() + LONG_ENOUGH
        while mailbox.waiting == 0:
            assert monotonic() < until

    with ThreadPoolExecutor(4) as pool:
        sent(mailbox, pool)
        until_somebody_waits()
        assert mailbox.answer_all(again) == 1
        mailbox.close("enough")


def test_a_signal_that_is_handled_late_does_not_keep_the_engine_waiting() -> None:
    mailbox = Mailbox()

    def slowly(_number: int, _frame: object) -> None:
        until = monotonic() + 0.1
        while monotonic() < until:
            pass

    rescue = Timer(3, mailbox.ask, (a_request(), LONG_ENOUGH))
    rescue.start()
    before = signal(SIGALRM, slowly)
    try:
        setitimer(ITIMER_REAL, 0.02)
        assert mailbox.answer_all(yes, patience=0.05) == 0
    finally:
        signal(SIGALRM, before)
        rescue.cancel()
        mailbox.close("it is over")


def test_a_wake_ends_one_wait_and_loses_no_request() -> None:
    mailbox = Mailbox()
    mailbox.wake()
    mailbox.wake()
    waiting = [mailbox.post(a_request(key)) for key in ("k1", "k2")]
    assert mailbox.answer_all(yes, LONG_ENOUGH) == 0
    assert mailbox.answer_all(yes) == 2
    assert [one.result().command_id for one in waiting] == ["k1", "k2"]


def test_a_closed_mailbox_refuses_what_is_queued_behind_a_wake() -> None:
    mailbox = Mailbox()
    mailbox.wake()
    waiting = mailbox.post(a_request())
    mailbox.close("enough")
    assert isinstance(waiting.result(0), TimedOut)
