"""A live run takes in what a person has retried, between two market events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from adapters.dead_letters.changes import due
from adapters.dead_letters.keeper import LetterKeeper
from adapters.dead_letters.state import LetterState
from adapters.dead_letters.store import DeadLetters
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.run.live_letters import LiveLetters
from tests.adapters.bybit.pushed import execution, executions
from tests.adapters.bybit.test_stream import pushed_raw
from tests.adapters.dead_letters.lettering import NOON, came
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import LIMIT, PLAN, LiveDesk

_PATIENCE = 10.0


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    with closing(open_letters(WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}"))) as found:
        yield found


def test_a_retried_execution_of_an_order_is_recorded_by_the_running_engine(
    venue: RunningVenue, letters: DeadLetters
) -> None:
    keeper = LetterKeeper(lambda: letters, lambda: NOON)
    live = LiveLetters(keeper, lambda: letters, lambda: NOON, 0.01)
    desk = LiveDesk(venue, letters=live).started()
    desk.asks(LIMIT)
    [order] = desk.entries()
    text = json.dumps(
        executions(
            execution(
                orderId=order.id,
                orderLinkId=order.link,
                execQty="0.05",
                execTime=f"{desk.now().timestamp():.0f}000",
            )
        )
    )
    arrived = came(original=text.encode())
    letters.keep([arrived])
    letters.change(due(arrived.letter, NOON, "tess", "readable"))
    pause, until = Event(), monotonic() + _PATIENCE
    while letters.letter(arrived.letter.id).is_due:
        assert monotonic() < until
        desk.run.attend()
        pause.wait(0.01)
    assert letters.letter(arrived.letter.id).state is LetterState.RESOLVED
    assert desk.names().count("OrderFilled") == 1
    desk.close()
    live.close()
    keeper.close()


def test_an_execution_with_an_absurd_fee_is_a_letter_and_begins_a_comparison(
    venue: RunningVenue, letters: DeadLetters
) -> None:
    keeper = LetterKeeper(lambda: letters, lambda: NOON)
    live = LiveLetters(keeper, lambda: letters, lambda: NOON, 0.01)
    desk = LiveDesk(venue, letters=live).started()
    begun = desk.names().count("ReconciliationBegun")
    text = json.dumps(executions(execution(execFee="1000000"))).encode()
    venue.do(lambda server: pushed_raw(text, server))
    desk.until(lambda: desk.names().count("ReconciliationBegun") > begun)
    desk.passes(PLAN.rhythm.in_flight)
    assert desk.names().count("ReconciliationEnded") == begun + 1
    assert "OrderFilled" not in desk.names()
    desk.close()
    live.close()
    keeper.close()
    [kept] = letters.letters()
    assert kept.reason.startswith("execFee 1000000 is more than 5% of ")
