from __future__ import annotations

from domain.direction import Purpose
from domain.order import (
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderOutcomeUnknown,
    OrderPlaced,
    OrderType,
)
from domain.reconciliation import DiscrepancyFound
from domain.streams import reconciliation_stream
from infra.run.holding import NO_STOP, NOTHING, held
from projections.sentences import plain
from tests.domain.history import ACCOUNT, BTC, ETH, D, a_stop, an_open_day, an_opening, an_order

ACCEPTED = OrderAccepted("v")


def test_nothing_held_is_one_line() -> None:
    assert list(held(an_open_day().portfolio())) == [NOTHING]


def test_positions_entries_and_open_questions_have_a_line_each() -> None:
    history = an_open_day().position(an_opening()).order("abc-e2", an_order(instrument=ETH))
    history.position(an_opening(instrument=ETH, stop=None, order_id="m-e1"), instrument=ETH)
    history.order("abc-x1", a_stop(), OrderOutcomeUnknown("timeout"))
    history.record(reconciliation_stream(ACCOUNT), DiscrepancyFound("d1", BTC, "1 more"))
    lines = list(held(history.portfolio()))
    assert [line.split()[0] for line in lines] == ["position", "position", "entry", "not", "discrepancies"]
    assert "; the exchange has not confirmed the stop 97.9, no target works at the exchange" in lines[0]
    assert lines[1].endswith("no stop works at the exchange, no target works at the exchange")
    assert "abc-x1" in lines[3]


def test_a_discrepancy_that_a_comparison_resolves_is_not_left_to_a_person() -> None:
    history = an_open_day()
    names = (f"difference:TradingTermsDiffer:{BTC}:leverage 7", f"difference:OrderMistaken:{BTC}")
    for name in names:
        history.record(reconciliation_stream(ACCOUNT), DiscrepancyFound(name, BTC, "it differs"))
    steps = "; `whence reconcile` states the steps"
    assert list(held(history.portfolio()))[1:] == [
        f"discrepancies that comparisons resolve once log and exchange agree: {names[0]}{steps}",
        f"discrepancies that a person has to resolve: {names[1]}{steps}",
    ]


def the_line(*orders: tuple[str, OrderPlaced, OrderEvent]) -> str:
    """The line of a position of 2 with stop 97.9 and target 105.9 by its plan, beside these orders."""
    history = an_open_day().position(an_opening())
    for order_id, terms, event in orders:
        history.order(order_id, terms, event)
    (line,) = (one for one in held(history.portfolio()) if one.startswith("position"))
    return line


def test_a_position_is_stated_with_the_stop_and_target_that_work() -> None:
    size = an_opening().quantity
    aim = a_stop(
        type=OrderType.LIMIT, trigger_price=None, limit_price=D(106), purpose=Purpose.TARGET, quantity=size
    )
    line = the_line(
        ("abc-s2", a_stop(quantity=size, trigger_price=D("97.5")), ACCEPTED), ("abc-t2", aim, ACCEPTED)
    )
    assert line.endswith(", stop 97.5, target 106")


def test_a_stop_that_was_cancelled_at_the_exchange_is_not_stated() -> None:
    line = the_line(("abc-s1", a_stop(quantity=an_opening().quantity), OrderCancelled("CancelByUser")))
    assert NO_STOP in line
    assert "97" not in line


def test_a_stop_that_covers_a_part_is_stated_with_its_quantity() -> None:
    size = an_opening().quantity
    line = the_line(("abc-s1", a_stop(quantity=size / 2), ACCEPTED))
    assert f"stop 97.9 covers {plain(size / 2)} of {plain(size)}, no target works" in line


def test_a_stop_whose_outcome_is_unknown_is_no_stop_that_works() -> None:
    line = the_line(("abc-s1", a_stop(quantity=an_opening().quantity), OrderOutcomeUnknown("timeout")))
    assert f"{NO_STOP}; the exchange has not confirmed the stop 97.9" in line
