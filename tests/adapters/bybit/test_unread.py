"""What Bybit's stream sends and nobody understands becomes a letter, and is taken in once it can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from adapters.bybit import BybitExchange
from adapters.bybit.names import Names
from adapters.bybit.reading import Reading
from adapters.dead_letters.changes import due
from adapters.dead_letters.keeper import LetterKeeper
from adapters.dead_letters.state import LetterState
from adapters.dead_letters.store import DeadLetters
from adapters.dead_letters.unread import keep_unread, take_retried
from commands.exchange import Accepted, AnyReport, Filled
from domain.errors import LogUnavailable, StoreUnavailable
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.run.live_letters import LiveLetters
from tests.adapters.bybit.bench import BybitBench
from tests.adapters.bybit.pushed import execution, executions, order, orders, push
from tests.adapters.bybit.test_stream import pushed_raw
from tests.adapters.dead_letters.lettering import NOON, came

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
    text = json.dumps(executions(execution(1, orderLinkId="late"))).encode()
    kept = _kept(letters, text)
    exchange, handled = _exchange(bench), list[AnyReport]()
    assert take_retried(exchange, letters, NOON, handled.append) == 0
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
    assert take_retried(exchange, letters, NOON, handled.append) == 1
    assert take_retried(exchange, letters, NOON, handled.append) == 0
    assert [one.order_id for one in handled if isinstance(one, Filled)] == ["late"]
    after = letters.letter(kept)
    assert (after.state, after.changed_by, after.is_due) == (LetterState.RESOLVED, "engine", False)


def test_a_crash_before_a_report_is_recorded_leaves_the_letter_to_the_next_engine(
    bench: BybitBench, letters: DeadLetters
) -> None:
    kept = _kept(letters, json.dumps(executions(execution(1, orderLinkId="late"))).encode())
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))

    def crash(_: AnyReport) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        take_retried(_exchange(bench), letters, NOON, crash)
    assert letters.letter(kept).is_due


def test_a_message_that_the_engine_cannot_read_counts_as_retried_in_vain(
    bench: BybitBench, letters: DeadLetters
) -> None:
    kept = _kept(letters, b"{")
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))
    assert take_retried(_exchange(bench), letters, NOON, _refuse) == 0
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


def test_letters_that_do_not_answer_or_were_changed_meanwhile_end_no_run(
    bench: BybitBench, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = LetterKeeper(_silent, lambda: NOON)
    live = LiveLetters(keeper, _silent)
    for _ in range(2):
        live.take_retried(bench.exchange, NOON, _refuse)
    assert caplog.messages == ["retried messages wait until the dead letters answer: locked"]


def test_an_error_of_the_log_while_a_retried_report_is_recorded_ends_the_run(
    bench: BybitBench, letters: DeadLetters
) -> None:
    kept = _kept(letters, json.dumps(executions(execution(1, orderLinkId="late"))).encode())
    letters.change(due(letters.letter(kept), NOON, "tess", "readable"))

    def fails(_: AnyReport) -> None:
        raise LogUnavailable("the disk is full")

    with pytest.raises(LogUnavailable):
        LiveLetters(LetterKeeper(_silent, lambda: NOON), lambda: letters).take_retried(
            _exchange(bench), NOON, fails
        )


def test_the_terms_in_an_old_push_of_an_order_are_not_taken_in(bench: BybitBench) -> None:
    """The log may have later terms by now."""
    content = json.dumps(orders(order("New", orderLinkId="e1")))
    assert _exchange(bench).read_again(content) == []
    assert [type(one) for one in Reading(Names({}), "USDT").read(content)] == [Accepted]


def _silent() -> DeadLetters:
    raise StoreUnavailable("locked")
