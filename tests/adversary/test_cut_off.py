"""A cut between `whence live` and the exchange: nothing is sent twice, nothing is forgotten, and it goes on by itself.

The tests share one program, which every test leaves flat. With `WHENCE_CUT_SECONDS=90` the long cut lasts so long, and
the program waits as in production.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.adversary.cut_desk import BELOW, USUAL, CutDesk, cut_desk

LONG = float(os.environ.get("WHENCE_CUT_SECONDS", "0"))
SHORT, LATE = 2.0, 6.0
"""Seconds of a cut after which a held request is still accepted, and after which it is not: the limit is 5 s."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CutDesk]:
    folder = tmp_path_factory.mktemp("cut")
    with cut_desk(folder, f"sqlite:///{folder}/live.db", is_quick=not LONG) as desk:
        yield desk


def posts_an_order(data: bytes) -> bool:
    return b"POST /v5/order/create" in data


def queries(path: str, data: bytes) -> bool:
    return f"GET {path}".encode() in data


def denied(desk: CutDesk) -> str:
    """Why another entry is refused now."""
    answer = desk.answer(desk.place())
    assert answer["answer"] == "Declined", answer
    return str(answer["reason"])


def test_an_order_that_a_silent_line_holds_for_seconds_is_placed_once(desk: CutDesk) -> None:
    desk.cut.silence()
    entry = desk.placed(desk.place())
    desk.reaches(entry, "OUTCOME_UNKNOWN")
    assert desk.entries(entry) == []
    assert "no new exposure until" in denied(desk)
    desk.cut.mend()
    desk.reaches(entry, "ACCEPTED")
    assert len(desk.entries(entry)) == 1
    desk.agrees()
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


def test_an_order_that_a_refused_connection_prevents_is_given_up(desk: CutDesk) -> None:
    desk.cut.refuse()
    time.sleep(0.5)
    entry = desk.placed(desk.place())
    desk.until(lambda: desk.status(entry) in ("EXPIRED", "OUTCOME_UNKNOWN", "REJECTED"))
    print("refused:", desk.status(entry))
    assert "no new exposure until" in denied(desk)
    desk.cut.mend()
    desk.trades_again()
    assert desk.entries(entry) == []
    desk.agrees()
    desk.opened()
    desk.ends()


def test_a_fill_during_a_cut_is_taken_in_once_and_its_stop_stands_meanwhile(desk: CutDesk) -> None:
    entry = desk.placed(desk.place())
    desk.reaches(entry, "ACCEPTED")
    desk.fills(entry, "0.004")
    desk.cut.silence()
    desk.fills(entry, "0.003")
    assert [one.leaves for one in desk.stops()]
    desk.trades_at(BELOW)
    time.sleep(SHORT)
    assert [one.leaves for one in desk.stops()]
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


def test_a_close_that_arrives_too_late_is_made_again_and_the_stop_stands_until_then(desk: CutDesk) -> None:
    desk.opened()
    desk.cut.silence()
    desk.close_position()
    time.sleep(LATE)
    assert len(desk.stops()) == 1
    desk.cut.mend()
    desk.until(desk.is_flat)
    desk.agrees()
    assert desk.is_quiet()
    desk.trades_at(USUAL)


@pytest.mark.parametrize("path", ["/v5/order/realtime", "/v5/execution/list", "/v5/position/list"])
def test_a_cut_during_the_comparison_after_a_cut_loses_nothing(desk: CutDesk, path: str) -> None:
    entry = desk.placed(desk.place())
    desk.reaches(entry, "ACCEPTED")
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


def test_a_long_cut_ends_without_a_person_and_its_late_order_never_exists(desk: CutDesk) -> None:
    desk.cut.silence()
    entry = desk.placed(desk.place())
    desk.until(lambda: "BreakerOpened" in desk.names())
    time.sleep(max(LATE, LONG))
    desk.cut.mend()
    began = time.monotonic()
    desk.reaches(entry, "REJECTED")
    desk.trades_again()
    print(f"new exposure is permitted {time.monotonic() - began:.1f} s after the end of the cut")
    assert desk.entries(entry) == []
    desk.agrees()
    desk.opened()
    desk.ends()
