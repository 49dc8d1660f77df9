"""What Bybit's stream sends and nobody understands becomes a letter, and is taken in once it can be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from adapters.bybit import BybitExchange
from adapters.bybit.names import Names
from adapters.bybit.reading import Reading
from adapters.dead_letters.changes import discarded, due
from adapters.dead_letters.keeper import LetterKeeper
from adapters.dead_letters.state import LetterState
from adapters.dead_letters.store import DeadLetters
from adapters.dead_letters.unread import DueLetter, due_letters, keep_unread, taken_in
from commands.exchange import Accepted, AnyReport, Filled
from domain.errors import (
    ExchangeUnreachable,
    InstrumentNotListed,
    InvalidEvent,
    LogUnavailable,
    Refused,
    StoreUnavailable,
    WhenceError,
)
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.run.live_letters import LiveLetters
from infra.run.retried_letters import RetriedLetters
from tests.adapters.bybit.bench import BybitBench
from tests.adapters.bybit.pushed import execution, executions, order, orders, push
from tests.adapters.bybit.test_stream import pushed_raw
from tests.adapters.dead_letters.lettering import NOON, came

_PATIENCE = 10.0
LATE = json.dumps(executions(execution(1, orderLinkId="late"))).encode()
POISON = (
    b"{",
    b"[]",
    b'{"topic":"order","data":[{}]}',
    b'{"topic":"execution","data":' + b"[" * 50_000,
    b'{"op":"auth","data":' + b"9" * 5_000 + b"}",
    json.dumps(push("wallet", 1)).encode(),
    '{"topic":"\N{RIGHT-TO-LEFT OVERRIDE}","data":[]}'.encode(),
)


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    with closing(open_letters(WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}"))) as found:
        yield found


def test_every_message_that_cannot_be_read_is_a_letter_with_its_bytes_and_the_stream_lives_on(
    bench: BybitBench, letters: DeadLetters, tmp_path: Path
) -> None:
    for text in POISON:
        bench.venue.do(partial(pushed_raw, text))
    bench.venue.do(partial(pushed_raw, json.dumps(executions(execution(1, orderLinkId="mine"))).encode()))
    found: list[AnyReport] = []

    def is_filled() -> bool:
        found.extend(bench.exchange.reports())
        return any(isinstance(one, Filled) and one.order_id == "mine" for one in found)

    bench.until(is_filled)
    keeper = LetterKeeper(
        partial(open_letters, WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")), lambda: NOON
    )
    assert keep_unread(bench.exchange, keeper, NOON) == len(POISON)
    assert keep_unread(bench.exchange, keeper, NOON) == 0
    keeper.close()
    kept = letters.letters()
    assert sorted(letters.original(one.id) for one in kept) == sorted(POISON)
    assert all(one.reason and one.place == "bybit" for one in kept)
    assert bench.exchange.stream_state.connects == 1


def test_a_message_that_a_person_has_retried_is_taken_in_once(
    bench: BybitBench, letters: DeadLetters
) -> None:
    kept = _kept(letters, LATE)
    handled = list[AnyReport]()
    with closing(_live(letters)) as live:
        live.take_retried(bench.exchange, NOON, _refuse)
        letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
        _until(lambda: live.take_retried(bench.exchange, NOON, handled.append), lambda: bool(handled))
        _until(
            lambda: live.take_retried(bench.exchange, NOON, handled.append),
            lambda: _is_settled(letters, kept),
        )
    assert [one.order_id for one in handled if isinstance(one, Filled)] == ["late"]
    after = letters.letter(kept)
    assert (after.state, after.changed_by, after.is_due) == (LetterState.RESOLVED, "engine", False)
    assert due_letters(letters, "bybit", NOON) == []


@pytest.mark.parametrize(
    "error", [Refused("no such order"), InstrumentNotListed("BTCUSDT"), InvalidEvent("NaN")], ids=repr
)
def test_a_message_whose_report_the_engine_refuses_is_retried_in_vain_and_ends_no_run(
    bench: BybitBench, letters: DeadLetters, error: WhenceError
) -> None:
    kept = _kept(letters, LATE)

    def refuse(_: AnyReport) -> None:
        raise error

    for retries in (1, 2, 3):
        letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
        with closing(_live(letters)) as live:
            _until(
                lambda: live.take_retried(bench.exchange, NOON, refuse), lambda: _is_settled(letters, kept)
            )
        after = letters.letter(kept)
        assert (after.retries, after.is_due, after.note) == (retries, False, str(error))
    assert after.state is LetterState.PERMANENT


def test_a_crash_before_a_report_is_recorded_leaves_the_letter_to_the_next_engine(
    bench: BybitBench, letters: DeadLetters
) -> None:
    kept = _kept(letters, LATE)
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))

    def crash(_: AnyReport) -> None:
        raise ConnectionResetError

    with closing(_live(letters)) as live, pytest.raises(ConnectionResetError):
        _until(lambda: live.take_retried(bench.exchange, NOON, crash), lambda: False)
    assert letters.letter(kept).is_due


def test_a_message_that_the_engine_cannot_read_counts_as_retried_in_vain(
    bench: BybitBench, letters: DeadLetters
) -> None:
    kept = _kept(letters, b"{")
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
    [found] = due_letters(letters, "bybit", NOON)
    letters.change(taken_in(_exchange(bench), found, NOON, _refuse))
    after = letters.letter(kept)
    assert (after.state, after.retries, after.is_due) == (LetterState.RETRIED, 1, False)


def _kept(letters: DeadLetters, text: bytes) -> str:
    one = came(original=text)
    letters.keep([one])
    return one.letter.id


def _exchange(bench: BybitBench) -> BybitExchange:
    return bench.exchange


def _refuse(_: AnyReport) -> None:
    raise AssertionError


def test_letters_that_do_not_answer_end_no_run_and_delay_no_call(
    bench: BybitBench, letters: DeadLetters, caplog: pytest.LogCaptureFixture
) -> None:
    """The store answers a query only after the test has seen that no call waits for it; then it is away, then back."""
    kept = _kept(letters, LATE)
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
    queried, answers, handled = Event(), Event(), list[AnyReport]()
    replies: list[DeadLetters | None] = [None, None]

    def stored() -> DeadLetters:
        queried.set()
        assert answers.wait(_PATIENCE)
        if replies:
            replies.pop()
            return _silent()
        return letters

    retried = RetriedLetters(stored, "bybit", lambda: NOON, pause=0.01)
    assert queried.wait(_PATIENCE)
    assert list(retried.found()) == []
    answers.set()

    def take() -> None:
        for found in retried.found():
            retried.record(taken_in(_exchange(bench), found, NOON, handled.append))

    _until(take, lambda: _is_settled(letters, kept))
    retried.close()
    assert len(handled) == 1
    assert caplog.messages == ["retried messages wait until the dead letters answer: locked"]


def test_what_became_of_a_letter_waits_for_the_store_and_no_letter_is_handed_over_twice(
    bench: BybitBench, letters: DeadLetters
) -> None:
    kept = _kept(letters, LATE)
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
    is_away = Event()
    retried = RetriedLetters(lambda: _silent() if is_away.is_set() else letters, "bybit", lambda: NOON, 0.01)
    found = list[DueLetter]()
    _until(lambda: found.extend(retried.found()), lambda: bool(found))
    is_away.set()
    retried.record(taken_in(_exchange(bench), found[0], NOON, list[AnyReport]().append))
    _until(lambda: found.extend(retried.found()), lambda: retried.waits)
    is_away.clear()
    _until(lambda: found.extend(retried.found()), lambda: _is_settled(letters, kept))
    retried.close()
    assert (len(found), letters.letter(kept).state) == (1, LetterState.RESOLVED)


def test_a_letter_that_a_person_has_discarded_meanwhile_stays_discarded(
    bench: BybitBench, letters: DeadLetters, caplog: pytest.LogCaptureFixture
) -> None:
    kept = _kept(letters, LATE)
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
    retried = RetriedLetters(lambda: letters, "bybit", lambda: NOON, 0.01)
    found = list[DueLetter]()
    _until(lambda: found.extend(retried.found()), lambda: bool(found))
    letters.change(discarded(letters.letter(kept), NOON, "tess", "booked by hand"))
    retried.record(taken_in(_exchange(bench), found[0], NOON, list[AnyReport]().append))
    retried.close()
    assert letters.letter(kept).state is LetterState.DISCARDED
    assert caplog.messages == [f"letter {kept} was changed by somebody else meanwhile; look at it again"]


def test_an_error_of_the_log_while_a_retried_report_is_recorded_ends_the_run(
    bench: BybitBench, letters: DeadLetters
) -> None:
    kept = _kept(letters, LATE)
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))

    def fails(_: AnyReport) -> None:
        raise LogUnavailable("the disk is full")

    with closing(_live(letters)) as live, pytest.raises(LogUnavailable):
        _until(lambda: live.take_retried(_exchange(bench), NOON, fails), lambda: False)


class _Away:
    """An exchange whose first query is not answered."""

    venue = "bybit"

    def __init__(self, exchange: BybitExchange) -> None:
        self._exchange, self.calls = exchange, 0

    def read_again(self, content: str) -> Sequence[AnyReport]:
        self.calls += 1
        if self.calls == 1:
            raise ExchangeUnreachable("no connection")
        return self._exchange.read_again(content)


def test_a_letter_waits_for_an_exchange_that_does_not_answer(bench: BybitBench, letters: DeadLetters) -> None:
    kept = _kept(letters, LATE)
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
    exchange, handled = _Away(bench.exchange), list[AnyReport]()
    with closing(_live(letters)) as live:
        _until(lambda: live.take_retried(exchange, NOON, handled.append), lambda: _is_settled(letters, kept))
    after = letters.letter(kept)
    assert (exchange.calls, len(handled), after.state, after.retries) == (2, 1, LetterState.RESOLVED, 0)


def test_an_execution_that_waits_in_the_stream_is_no_report_of_a_retried_message(bench: BybitBench) -> None:
    bench.venue.do(partial(pushed_raw, json.dumps(executions(execution(2, orderLinkId="other"))).encode()))
    bench.until(lambda: bench.exchange.pushes > 0)
    again = [one.order_id for one in _exchange(bench).read_again(LATE.decode()) if isinstance(one, Filled)]
    waiting = [one.order_id for one in bench.exchange.reports() if isinstance(one, Filled)]
    assert (again, waiting) == (["late"], ["other"])


def test_the_terms_in_an_old_push_of_an_order_are_not_taken_in(bench: BybitBench) -> None:
    """The log may have later terms by now."""
    content = json.dumps(orders(order("New", orderLinkId="e1")))
    assert _exchange(bench).read_again(content) == []
    assert [type(one) for one in Reading(Names({}), "USDT").read(content)] == [Accepted]


def _silent() -> DeadLetters:
    raise StoreUnavailable("locked")


def _live(letters: DeadLetters) -> LiveLetters:
    return LiveLetters(LetterKeeper(_silent, lambda: NOON), lambda: letters, lambda: NOON, 0.01)


def _is_settled(letters: DeadLetters, kept: str) -> bool:
    return not letters.letter(kept).is_due


def _until(step: Callable[[], object], is_done: Callable[[], bool]) -> None:
    """Repeats the step until it is done."""
    pause, until = Event(), monotonic() + _PATIENCE
    while not is_done():
        assert monotonic() < until
        step()
        pause.wait(0.01)
