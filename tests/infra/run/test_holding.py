from __future__ import annotations

from domain.order import OrderOutcomeUnknown
from domain.reconciliation import DiscrepancyFound
from domain.streams import reconciliation_stream
from infra.run.holding import NOTHING, held
from tests.domain.history import ACCOUNT, BTC, ETH, a_stop, an_open_day, an_opening, an_order


def test_nothing_held_is_one_line() -> None:
    assert list(held(an_open_day().portfolio())) == [NOTHING]


def test_positions_entries_and_open_questions_have_a_line_each() -> None:
    history = an_open_day().position(an_opening()).order("abc-e2", an_order(instrument=ETH))
    history.position(an_opening(instrument=ETH, stop=None, order_id="m-e1"), instrument=ETH)
    history.order("abc-x1", a_stop(), OrderOutcomeUnknown("timeout"))
    history.record(reconciliation_stream(ACCOUNT), DiscrepancyFound("d1", BTC, "1 more"))
    lines = list(held(history.portfolio()))
    assert [line.split()[0] for line in lines] == ["position", "position", "entry", "not", "discrepancies"]
    assert "stop 97.9, target 105.9" in lines[0]
    assert "NO STOP" in lines[1]
    assert "abc-x1" in lines[3]
