"""Funding that the stream did not report: of the open position, of a closed one, accepted by a person, or not ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from commands.exchange import Funded
from commands.order import PlaceOrder
from commands.settlements import Settlement, of_closed_positions, of_open_positions
from commands.stimulus import Stimulus
from domain.account import BalanceChanged, BalanceReason
from domain.arithmetic import ZERO
from domain.direction import Side
from domain.log import Envelope
from tests.commands.an_order import PLACE, PLACED, RULES
from tests.commands.desk import Desk, a_fill_of, funding, names
from tests.domain.history import D
from tests.replacing import replace

CENT = D("0.01")
PAID = D("-1.5")


def holding() -> Desk:
    desk = Desk().opened()
    desk.ask(PLACE, cause="command:in")
    desk.tell(a_fill_of("abc-e1", "x1", PLACED.quantity, D(100)))
    return desk


def flat() -> Desk:
    desk = holding()
    terms = replace(PLACED, side=Side.SELL, reduce_only=True)
    desk.ask(PlaceOrder("abc-x1", terms, RULES), cause="command:out")
    desk.tell(a_fill_of("abc-x1", "x2", PLACED.quantity, D(100)))
    assert not desk.world.portfolio.positions
    return desk


def of_open(
    desk: Desk, *found: Funded, excess: Decimal = ZERO, accepted: datetime | None = None
) -> Sequence[Settlement]:
    return of_open_positions(found, desk.world, excess, CENT, accepted)


def late(desk: Desk, excess: Decimal, *found: Funded) -> list[Envelope]:
    asks = of_closed_positions(found, desk.world, excess, CENT)
    return desk.handle(Stimulus(desk.at, asks)) if asks else []


def test_funding_of_the_open_position_is_taken_in_and_known_one_is_not() -> None:
    desk = holding()
    found = funding("f1", PAID)
    assert of_open(desk, found) == (found,)
    desk.tell(found)
    assert of_open(desk, found) == ()


@pytest.mark.parametrize(
    ("excess", "explains"),
    [("0", False), ("-0.5", False), ("-1.5", True), ("-1.495", True), ("1.5", False)],
)
def test_funding_that_an_accepted_difference_contains_is_taken_in_where_it_explains_the_balance_alone(
    excess: str, *, explains: bool
) -> None:
    desk = holding()
    found = funding("f1", PAID)
    taken_in = of_open(desk, found, excess=D(excess), accepted=found.at)
    assert taken_in == ((found,) if explains else ())


def test_funding_after_an_accepted_difference_is_taken_in_whatever_the_balance_is() -> None:
    desk = holding()
    contained = funding("f1", PAID)
    later = replace(funding("f2", PAID), at=contained.at + timedelta(seconds=1))
    found = of_open(desk, contained, later, excess=D(-7), accepted=contained.at)
    assert found == (later,)


def test_funding_of_a_closed_position_that_explains_the_balance_changes_it_once() -> None:
    desk = flat()
    before = desk.world.portfolio.account.balance
    found = funding("f1", PAID)
    (recorded,) = [one.event for one in late(desk, PAID, found)]
    assert recorded == BalanceChanged(BalanceReason.FUNDING, PAID, before + PAID)
    assert late(desk, PAID, found) == []


@pytest.mark.parametrize("excess", ["0", "-1.48", "1.5", "-3"])
def test_funding_of_a_closed_position_that_does_not_explain_the_balance_is_not_booked(excess: str) -> None:
    assert late(flat(), D(excess), funding("f1", PAID)) == []


def test_two_fundings_of_closed_positions_are_booked_together_or_not_at_all() -> None:
    desk, both = flat(), (funding("f1", PAID), funding("f2", D(1)))
    assert late(desk, PAID, *both) == []
    assert names(late(desk, D("-0.5"), *both)) == ["BalanceChanged", "BalanceChanged"]


def test_funding_of_an_instrument_that_the_log_never_traded_is_not_booked() -> None:
    assert late(flat(), PAID, funding("f1", PAID, "DOGEUSDT-LINEAR.TEST")) == []


def test_reported_funding_of_a_closed_position_begins_a_comparison() -> None:
    desk = flat()
    assert names(desk.tell(funding("f1", PAID))) == ["ReconciliationBegun"]


def test_reported_funding_from_before_the_position_opened_is_not_booked_on_it() -> None:
    desk = Desk().opened()
    desk.ask(PLACE, cause="command:in")
    opened = desk.at + timedelta(seconds=1)
    desk.tell(a_fill_of("abc-e1", "x1", PLACED.quantity, D(100), at=opened))
    early = replace(funding("f1", PAID), at=opened - timedelta(milliseconds=1))
    assert names(desk.tell(early)) == ["ReconciliationBegun"]
