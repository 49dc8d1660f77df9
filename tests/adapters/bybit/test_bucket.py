"""Calls are paced so that none is refused for its frequency, and the pace is learnt from the headers."""

from __future__ import annotations

import pytest

from adapters.bybit import BybitExchange, Site
from adapters.bybit.bucket import LEFT, LIMIT, LIMITS, RESET, Bucket
from adapters.simulated.server.endpoints import ENDPOINTS
from domain.direction import Side
from tests.adapters.bybit.bench import QUICK, BybitBench, bybit_venue
from tests.commands.exchange_contract import Session

NOW, WALL = 100.0, 1_750_000_000.0


def sent(limit: int, *times: float) -> Bucket:
    bucket = Bucket(limit)
    for time in times:
        bucket = bucket.called(time)
    return bucket


@pytest.mark.parametrize(
    ("times", "wait"),
    [((), 0.0), ((99.9,), 0.0), ((99.5, 99.75), 0.55), ((98.0, 99.75), 0.0), ((99.0, 99.5, 99.75), 0.55)],
)
def test_a_call_waits_until_fewer_than_the_limit_were_made_in_a_second(
    times: tuple[float, ...], wait: float
) -> None:
    assert sent(2, *times).wait(NOW) == pytest.approx(wait)


@pytest.mark.parametrize(
    ("headers", "limit", "wait"),
    [
        ({}, 10, 0.0),
        ({LIMIT: "20"}, 20, 0.0),
        ({"X-Bapi-Limit": "5", "X-Bapi-Limit-Status": "4"}, 5, 0.0),
        ({LEFT: "0", RESET: "1750000000400"}, 10, 0.4),
        ({LEFT: "1", RESET: "1750000000400"}, 10, 0.0),
        ({LEFT: "0", RESET: "1749999999000"}, 10, 0.0),
        ({LEFT: "0", RESET: "1750009999000"}, 10, 1.0),
        ({LIMIT: "0", LEFT: "-1", RESET: "soon"}, 10, 0.0),
        ({LIMIT: "9" * 50, LEFT: "0"}, 10, 0.0),
    ],
    ids=str,
)
def test_limit_and_time_are_learnt_from_the_headers(headers: dict[str, str], limit: int, wait: float) -> None:
    learnt = Bucket(10).learnt(headers, NOW, WALL)
    assert learnt.limit == limit
    assert learnt.wait(NOW) == pytest.approx(wait, abs=1e-6)


def test_a_bucket_holds_no_more_than_its_last_second() -> None:
    assert len(sent(10, *(number / 10 for number in range(10_000))).sent) <= 11


def test_requests_for_another_leverage_are_paced_by_the_limit_of_the_venue() -> None:
    assert LIMITS["set_leverage"] == ENDPOINTS["POST", "/v5/position/set-leverage"].limit


def test_a_burst_of_orders_is_paced_and_none_is_refused() -> None:
    """The venue has Bybit's limits: the eleventh order of a second would be refused."""
    assert ENDPOINTS["POST", "/v5/order/create"].limit == 10
    with bybit_venue(limited=True) as venue:
        bench = BybitBench(venue)
        session = Session(bench)
        paced = BybitExchange(bench.credentials, Site(http=venue.url), timing=QUICK)
        for number in range(15):
            paced.submit([session.order(f"p{number}", Side.BUY, "0.1", limit="90")])
        assert len(bench.account.orders) == 15
        paced.close()
        bench.close()
