"""The outcome of a change that was not answered: stated, waited for, or given up once delisted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from commands.leverage import LeverageRefused, LeverageReport
from commands.leverage_outcomes import expected, outcomes, waiting
from domain.errors import ExchangeRefused
from domain.instrument import Instrument
from domain.leverage.change import LeverageChangeUnclear
from domain.portfolio import Portfolio
from domain.streams import leverage_stream
from tests.domain.committees.test_leverage import requested
from tests.domain.history import ACCOUNT, BTC, ETH, NOW, D, an_instrument, an_open_day

HOUR = timedelta(hours=1)


class Exchange:
    """It lists these instruments, and refuses to state the terms of any."""

    venue = "test"

    def __init__(self, *listed: str) -> None:
        self._listed = listed

    def instruments(self) -> Sequence[Instrument]:
        return [an_instrument(name) for name in self._listed]

    def terms(self, instruments: Sequence[str]) -> Any:
        raise ExchangeRefused(f"{instruments[0]}: symbol invalid")


def unclear() -> Portfolio:
    unknown = LeverageChangeUnclear(BTC, D(10), D(5), "timed out")
    return an_open_day().record(leverage_stream(ACCOUNT, BTC), requested(), unknown).portfolio()


def found(exchange: Any, at: datetime) -> Sequence[LeverageReport]:
    return outcomes(exchange, exchange, waiting(unclear(), at), unclear(), at)


def test_a_change_of_an_instrument_that_is_not_listed_an_hour_later_counts_as_refused() -> None:
    (report,) = found(Exchange(ETH), NOW + HOUR)
    assert isinstance(report, LeverageRefused)
    assert (report.instrument, report.leverage) == (BTC, D(10))
    assert report.reason.startswith("the exchange does not list the instrument any more")


@pytest.mark.parametrize(
    ("exchange", "after"),
    [(Exchange(ETH), HOUR - timedelta(seconds=1)), (Exchange(BTC, ETH), 2 * HOUR)],
    ids=["too early", "still listed"],
)
def test_an_outcome_that_the_exchange_does_not_state_is_waited_for(
    exchange: Exchange, after: timedelta
) -> None:
    assert found(exchange, NOW + after) == []


def test_an_outcome_is_expected_soon_after_its_request_and_not_for_ever() -> None:
    lost, poll = timedelta(seconds=10), timedelta(seconds=30)
    times = [timedelta(seconds=9), timedelta(seconds=10), timedelta(seconds=39), timedelta(seconds=41)]
    until = [NOW + one - lost for one in times]
    assert [expected(unclear(), one - poll, one) for one in until] == [False, True, True, False]
    assert waiting(unclear(), until[-1]) == [BTC], "the usual comparisons still look for it"
