"""A cut between `whence live` and the exchange: nothing is sent twice, nothing is forgotten, and it goes on by itself.

The tests share one program, which every test leaves flat. `WHENCE_CUT_SECONDS` is the length of the longest cut; with
it the program has its API and the timeouts of production.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.adversary.cut_desk import BELOW, LONG, USUAL, CutDesk, cut_desk

SHORT, LATE = 4.0, 6.0
"""Seconds of a cut, and of one after which the exchange refuses a request that the line held."""
ACCEPTED_AFTER = 4.0
"""Seconds for which a held request is accepted for certain; the exchange's limit is 5."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CutDesk]:
    folder = tmp_path_factory.mktemp("cut")
    with cut_desk(folder, f"sqlite:///{folder}/live.db") as desk:
        yield desk


@pytest.fixture
def desk(program: CutDesk) -> Iterator[CutDesk]:
    yield program
    program.cut.mend()


def posts_an_order(data: bytes) -> bool:
    return b"POST /v5/order/create" in data


def queries(path: str, data: bytes) -> bool:
    return f"GET {path}".encode() in data


def order_of(desk: CutDesk) -> str:
    """An entry that rests at the venue."""
    entry = desk.entered()
    desk.reaches(entry, "ACCEPTED")
    return entry


def denied(desk: CutDesk) -> str:
    """Why another entry is refused now."""
    answer = desk.answer(desk.place())
    assert answer["answer"] == "Declined", answer
    return str(answer["reason"])


def test_an_order_that_a_silent_line_holds_for_seconds_is_placed_once(desk: CutDesk) -> None:
    began = time.monotonic()
    desk.cut.silence()
    entry = desk.placed(desk.place())
    desk.reaches(entry, "OUTCOME_UNKNOWN")
    assert desk.entries(entry) == []
    assert "no new exposure until" in denied(desk)
    desk.cut.mend()
    held = time.monotonic() - began
    desk.until(lambda: desk.status(entry) in ("ACCEPTED", "REJECTED"))
    is_placed = desk.status(entry) == "ACCEPTED"
    assert is_placed or held > ACCEPTED_AFTER
    assert len(desk.entries(entry)) == is_placed
    desk.agrees()
    if is_placed:
        desk.trades_at(BELOW)
        desk.ends()


def test_an_order_whose_answer_is_lost_is_found_and_not_sent_again(desk: CutDesk) -> None:
    struck = desk.cut.cut_at(posts_an_order, arrives=True, up=False)
    entry = desk.placed(desk.place())
    assert struck.wait(10)
    desk.reaches(entry, "OUTCOME_UNKNOWN")
    assert len(desk.entries(entry)) == 1
    assert "no new exposure until" in denied(desk)
    desk.cut.mend()
    desk.reaches(entry, "ACCEPTED")
    desk.agrees()
    desk.trades_at(BELOW)
    desk.ends()


def test_entries_are_denied_while_connections_are_refused_and_permitted_after_it(desk: CutDesk) -> None:
    desk.opened()
    desk.cut.refuse()
    desk.until(lambda: bool(desk.read().portfolio.discrepancies.reconciling))
    assert "no new exposure until" in denied(desk)
    assert len(desk.stops()) == 1
    desk.cut.mend()
    desk.trades_again()
    desk.ends()


def test_a_fill_during_a_cut_is_taken_in_once_and_its_stop_stands_meanwhile(desk: CutDesk) -> None:
    entry = order_of(desk)
    desk.fills(entry, "0.004")
    desk.cut.silence()
    desk.fills(entry, "0.003")
    assert desk.stops()
    desk.trades_at(BELOW)
    time.sleep(SHORT)
    assert desk.stops()
    desk.cut.mend()
    desk.reaches(entry, "FILLED")
    desk.agrees()
    desk.ends()


def test_a_stop_that_fires_during_a_cut_closes_the_position_in_the_log(desk: CutDesk) -> None:
    desk.opened()
    desk.cut.silence()
    desk.trades_at("47900")
    time.sleep(SHORT)
    desk.cut.mend()
    desk.until(desk.is_flat)
    desk.agrees()
    assert desk.is_quiet()
    desk.trades_at(USUAL)


def test_a_close_whose_answer_and_fill_are_lost_is_not_repeated(desk: CutDesk) -> None:
    desk.opened()
    struck = desk.cut.cut_at(posts_an_order, arrives=True)
    desk.close_position()
    assert struck.wait(10)
    time.sleep(SHORT)
    desk.cut.mend()
    desk.until(desk.is_flat)
    desk.agrees()
    assert desk.is_quiet()
    desk.trades_at(USUAL)


@pytest.mark.parametrize(
    "path", ["/v5/order/realtime", "/v5/position/list"], ids=["first query", "third query"]
)
def test_a_cut_during_the_comparison_after_a_cut_loses_nothing(desk: CutDesk, path: str) -> None:
    entry = order_of(desk)
    desk.cut.refuse()
    desk.trades_at(BELOW)
    struck = desk.cut.cut_at(partial(queries, path), arrives=True)
    desk.cut.mend()
    assert struck.wait(10)
    assert "no new exposure until" in denied(desk)
    desk.cut.mend()
    desk.reaches(entry, "FILLED")
    desk.agrees()
    desk.ends()


def test_after_a_long_cut_a_close_that_came_too_late_is_made_again_and_the_stop_stood_meanwhile(
    desk: CutDesk,
) -> None:
    desk.opened()
    desk.cut.silence()
    began = time.monotonic()
    desk.close_position()
    desk.until(lambda: "BreakerOpened" in desk.names())
    time.sleep(max(0, began + max(LATE, LONG) - time.monotonic()))
    assert len(desk.stops()) == 1
    desk.cut.mend()
    desk.until(desk.is_flat)
    desk.trades_again()
    desk.agrees()
    assert desk.is_quiet()
    desk.trades_at(USUAL)
    desk.opened()
    desk.ends()
