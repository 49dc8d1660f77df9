"""The figures of performance queries equal the summary of the log, and the ratios equal values computed by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.order import OrderFilled, OrderPlaced
from domain.signal import SignalDetected
from projections.summary import Summary
from tests.adapters.graphql.reading import Reading

FIGURES = """account by value trades wins losses winRate profitFactor net gross fees funding grossProfit grossLoss
    averageWin averageLoss largestWin largestLoss maxDrawdown sharpe sortino"""


def test_the_performance_of_all_trades_equals_the_summary_of_the_log(reading: Reading) -> None:
    summary = Summary()
    for recorded in reading.events():
        summary.fold(recorded.envelope)
    (data,) = reading.query(f"{{performance {{{FIGURES}}}}}")["performance"]
    assert (data["trades"], data["wins"]) == (summary.trades, summary.wins)
    for name in ("gross", "fees", "funding", "net"):
        assert Decimal(data[name]) == getattr(summary, name)
    assert Decimal(data["winRate"]) == round(Decimal(summary.wins) / summary.trades, 6)
    assert Decimal(data["grossProfit"]) + Decimal(data["grossLoss"]) == summary.net
    factor = Decimal(data["grossProfit"]) / -Decimal(data["grossLoss"])
    assert Decimal(data["profitFactor"]) == round(factor, 6)
    assert Decimal(data["averageWin"]) == round(Decimal(data["grossProfit"]) / data["wins"], 6)
    assert Decimal(data["averageLoss"]) == round(Decimal(data["grossLoss"]) / data["losses"], 6)


@pytest.mark.parametrize("by", ["INSTRUMENT", "STRATEGY", "DAY", "HOUR"])
def test_the_groups_of_a_dimension_add_up_to_all_trades(reading: Reading, by: str) -> None:
    document = f"{{all: performance {{{FIGURES}}} parts: performance(by: {by}) {{{FIGURES}}}}}"
    data = reading.query(document)
    (whole,), parts = data["all"], data["parts"]
    assert len({one["value"] for one in parts}) == len(parts) > 0
    assert sum(one["trades"] for one in parts) == whole["trades"]
    for name in ("net", "fees", "grossProfit", "grossLoss"):
        assert sum(Decimal(one[name]) for one in parts) == Decimal(whole[name])
    assert all(one["sharpe"] is None and one["sortino"] is None for one in parts)


def test_the_demo_has_no_ratios_because_it_has_fewer_than_thirty_days(reading: Reading) -> None:
    data = reading.query("{performance {sharpe sortino} equity(first: 1) {edges {node {day}}}}")
    assert data["equity"]["edges"][0]["node"]["day"] < "2025-01-30"
    assert data["performance"][0] == {"sharpe": None, "sortino": None}


def test_buy_and_hold_is_worth_what_the_prices_of_signals_and_fills_made_of_equal_shares(
    reading: Reading,
) -> None:
    [account] = reading.query("{accounts {account}}")["accounts"]
    document = f"""{{buyAndHold(account: "{account["account"]}") {{
        equity instruments {{instrument boughtAt boughtPrice pricedAt price}} values {{at value}} }} }}"""
    found = reading.query(document)["buyAndHold"]
    prices: dict[str, list[Decimal]] = {}
    ordered: dict[str, str] = {}
    for recorded in reading.events():
        meta, event = recorded.envelope.meta, recorded.envelope.event
        if isinstance(event, OrderPlaced):
            ordered[meta.stream] = event.instrument
        if isinstance(event, SignalDetected):
            prices.setdefault(event.instrument, []).append(event.price)
        if isinstance(event, OrderFilled):
            prices.setdefault(ordered[meta.stream], []).append(event.price)
    seen = {one["instrument"]: one for one in found["instruments"]}
    assert seen
    for name, one in seen.items():
        assert (Decimal(one["boughtPrice"]), Decimal(one["price"])) == (prices[name][0], prices[name][-1])
    growth = [prices[name][-1] / prices[name][0] for name in seen]
    worth = Decimal(found["equity"]) * sum(growth) / len(growth)
    assert abs(Decimal(found["values"][-1]["value"]) - worth) < Decimal("1e-9")
    hours = [one["at"][:13] for one in found["values"]]
    assert hours == sorted(set(hours))


def test_buy_and_hold_as_of_an_event_before_the_first_fill_is_null(reading: Reading) -> None:
    [account] = reading.query("{accounts {account}}")["accounts"]
    document = f'{{buyAndHold(account: "{account["account"]}", asOf: {{ordinal: 5}}) {{equity}}}}'
    assert reading.query(document)["buyAndHold"] is None
