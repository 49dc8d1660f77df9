"""A report of an unknown order halts until two complete comparisons prove that nothing of the order is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from commands.exchange import Cancelled
from commands.unknown_reports import OVER
from domain.errors import ExchangeUnreachable
from domain.log import Envelope
from domain.order_id import is_of_an_engine
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.venue import VenueBalance, VenueOrder
from tests.commands.desk import funding, long, names
from tests.commands.test_reconciler import Looking
from tests.commands.test_reconciling import entered
from tests.domain.history import NOW, D
from tests.replacing import replace

OURS = "abcdefghjkmnp-e1"


class Others:
    """An exchange with an open order of others: listed while `is_listed`, found by its id while `is_found`."""

    def __init__(self, exchange: Any, like: VenueOrder) -> None:
        self._exchange = exchange
        self._order = replace(like, order_id="stranger", venue_order_id="v-stranger")
        self.is_listed, self.is_found, self.fails = True, True, False
        self.less = D(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def open_orders(self) -> Sequence[VenueOrder]:
        if self.fails:
            raise ExchangeUnreachable("no answer")
        return [*self._exchange.open_orders(), *([self._order] if self.is_listed else [])]

    def order(self, order_id: str) -> VenueOrder | None:
        if order_id == self._order.order_id:
            return self._order if self.is_found else None
        found: VenueOrder | None = self._exchange.order(order_id)
        return found

    def balances(self) -> Sequence[VenueBalance]:
        return [replace(one, balance=one.balance - self.less) for one in self._exchange.balances()]


class Reported(Looking):
    """A trader whose exchange has reported the end of an order of others."""

    def __init__(self, order_id: str = "stranger") -> None:
        trader, chain = entered()
        super().__init__(trader)
        like = self.venue.order(f"{chain}-s1")
        assert like is not None
        self.others = Others(self.venue, like)
        self.reconciler = self.over(self.others)
        self.fact = "exchange:test:strange"
        self.desk.tell(Cancelled(order_id=order_id, at=self.desk.at, fact=self.fact, reason="CancelByUser"))

    @property
    def is_open(self) -> bool:
        return self.fact in self.desk.world.portfolio.discrepancies.unresolved

    def compare(self, times: int = 1) -> None:
        for _ in range(times):
            self.reconciler.run(NOW, ())


def gone() -> Reported:
    """With an order that the exchange neither lists nor finds."""
    found = Reported()
    found.others.is_listed = found.others.is_found = False
    return found


def resolutions(events: Sequence[Envelope]) -> list[DiscrepancyResolved]:
    return [one.event for one in events if isinstance(one.event, DiscrepancyResolved)]


def test_a_report_of_an_order_that_is_gone_ends_with_the_second_comparison_that_finds_nothing() -> None:
    reported = gone()
    reported.compare()
    assert reported.is_open
    reported.compare()
    assert not reported.is_open
    assert resolutions(reported.desk.log.envelopes) == [DiscrepancyResolved(reported.fact, OVER)]


@pytest.mark.parametrize(
    ("listed", "found"), [(True, True), (False, True)], ids=["listed", "found by its id"]
)
def test_a_report_of_an_order_that_is_open_stays(listed: bool, found: bool) -> None:
    reported = Reported()
    reported.others.is_listed, reported.others.is_found = listed, found
    reported.compare(3)
    assert reported.is_open


def test_a_report_stays_while_an_amount_is_unexplained_and_ends_two_comparisons_after_it() -> None:
    reported = gone()
    reported.others.less = D(5)
    reported.compare(3)
    assert reported.is_open
    reported.others.less = D(0)
    reported.compare()
    assert reported.is_open
    reported.compare()
    assert not reported.is_open


def test_a_comparison_that_fails_between_two_that_find_nothing_begins_the_proof_again() -> None:
    reported = gone()
    reported.compare()
    reported.others.fails = True
    with pytest.raises(ExchangeUnreachable):
        reported.compare()
    reported.others.fails = False
    reported.compare()
    assert reported.is_open
    reported.compare()
    assert not reported.is_open


def test_a_report_between_two_comparisons_needs_two_of_its_own() -> None:
    reported = gone()
    reported.compare()
    second = "exchange:test:again"
    reported.desk.tell(
        Cancelled(order_id="stranger", at=reported.desk.at, fact=second, reason="CancelByUser")
    )
    reported.compare()
    assert reported.desk.world.portfolio.discrepancies.unresolved == {second}


def test_a_report_of_an_order_of_another_log_stays() -> None:
    assert is_of_an_engine(OURS)
    reported = Reported(OURS)
    reported.others.is_listed = reported.others.is_found = False
    reported.compare(3)
    assert reported.is_open


def test_a_second_report_of_an_order_whose_first_one_is_over_is_a_discrepancy_again() -> None:
    reported = gone()
    reported.compare(2)
    later = Cancelled(
        order_id="stranger", at=reported.desk.at, fact="exchange:test:later", reason="CancelByUser"
    )
    assert names(reported.desk.tell(later)) == ["DiscrepancyFound"]


def test_funding_that_no_position_can_have_had_ends_where_the_balance_does_not_contain_it() -> None:
    looking = Looking()
    looking.desk.see(long())
    looking.trader.trades_at("100")
    false = replace(funding("f1", D(1_000_000)), at=looking.desk.at)
    (found,) = looking.desk.tell(false)
    assert isinstance(found.event, DiscrepancyFound)
    for _ in range(2):
        looking.reconciler.run(NOW, ())
    assert not looking.desk.world.portfolio.discrepancies.unresolved
