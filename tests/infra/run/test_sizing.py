"""Sizing rules in runs on a tape: sizes by KELLY from the trades of the run, decided again, and resumed."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from decimal import Decimal

import pytest

from adapters.tapes import Tape, synthetic_tape
from commands.world import World
from domain.candle import Candle
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.position import PositionClosed
from domain.settings import OnOpposite, Settings, StrategySettings, limit_text
from domain.signal import DecisionMade, ReversalDecided, Verdict
from domain.sizing.settings import KellyFallback, OwnSizingSettings, SizingRule, SizingSettings
from infra.cli.changes import change_of
from infra.config import WhenceSettings
from infra.run.redeciding import Redecision
from infra.search.settings_file import settings_text
from infra.trading import trading_settings
from projections.explained.decisions import decisions_of, sizing_of
from tests.commands.list_log import ListLog
from tests.domain.history import D
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace


def rising(tape: Tape, growth: Decimal) -> Tape:
    """The tape with prices that grow by this fraction each candle, so that strategies that follow a trend gain."""
    grown = [_times(one, (1 + growth) ** number) for number, one in enumerate(tape.candles)]
    return replace(tape, candles=tuple(grown), recipe=f"{tape.recipe} growing by {growth}")


def _times(candle: Candle, factor: Decimal) -> Candle:
    prices = {name: getattr(candle, name) * factor for name in ("open", "high", "low", "close")}
    rounded = {name: price.quantize(D("0.1")) for name, price in prices.items()}
    return replace(candle, bid=None, ask=None, turnover=None, **rounded)


TAPES = [rising(one, D("0.0002")) for one in synthetic_tape(4, ["BTCUSDT"], candles=3000)]
FAST = StrategySettings(id="fast", strategy="supertrend")
SMALL = StrategySettings(id="small", strategy="breakout", sizing=OwnSizingSettings(rule=SizingRule.MINIMUM))
BY_KELLY: Settings = replace(
    EAGER,
    strategies=(FAST, SMALL),
    sizing=SizingSettings(
        rule=SizingRule.KELLY, risk=D("0.002"), kelly_window=35, kelly_multiplier=D("0.01")
    ),
    risk=replace(EAGER.risk, max_risk_per_trade=D("0.001")),
    reverse_others=True,
    on_opposite=OnOpposite.REVERSE,
)
"""Fewer than 30 trades risk 0.2 % by the rule RISK, which is cut to 0.1 %; of the Kelly fraction a hundredth."""


@pytest.fixture(scope="module")
def recorded() -> Sequence[Envelope]:
    return play(plan(TAPES, BY_KELLY), ListLog())


def sizings(envelopes: Sequence[Envelope]) -> list[dict[str, str]]:
    """The figures of each vote on the size."""
    return [
        dict(vote.figures)
        for one in envelopes
        if isinstance(one.event, DecisionMade)
        for vote in one.event.votes
        if vote.member == "sizing"
    ]


def test_a_run_sizes_by_kelly_once_enough_trades_are_closed(recorded: Sequence[Envelope]) -> None:
    found = [one for one in sizings(recorded) if one["rule"] == "KELLY"]
    counts = [int(one["kelly_trades"]) for one in found]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 35)
    assert all((one["kelly_fraction"] == "") is (int(one["kelly_trades"]) < 30) for one in found)
    by_kelly = [one for one in found if D(one["kelly_fraction"] or 0) > 0]
    assert by_kelly
    for one in by_kelly:
        assert D(one["kelly_risk"]) == D(one["kelly_fraction"]) / 100
        assert D(one["wanted"]) * abs(D(one["entry"]) - D(one["stop"])) <= D(one["balance"]) * D(
            one["kelly_risk"]
        )
    assert {one["rule"] for one in sizings(recorded)} == {"KELLY", "MINIMUM"}


def test_the_results_of_the_run_are_those_of_its_closed_positions(recorded: Sequence[Envelope]) -> None:
    closed = [one.event for one in recorded if isinstance(one.event, PositionClosed)]
    results = World().fold_all(recorded).portfolio.results
    assert sum(map(len, results.values())) == len(closed)
    won = sum(result > 0 for of_owner in results.values() for result in of_owner)
    assert won == sum(one.net > 0 for one in closed)


def test_an_explanation_states_how_the_size_was_found(recorded: Sequence[Envelope]) -> None:
    log = ListLog()
    log.append(recorded)
    found = [sizing_of(one) for one in decisions_of(log.read(), ())]
    first = next(text for text in found if text)
    by_risk = "size by KELLY with 0 of 30 closed trades: 0.002 of the balance at risk"
    assert first == f"{by_risk}, size cut to a loss at the stop of 10.000"
    by_kelly = [text for text in found if text.startswith("size by KELLY from 30 closed trades, mean 0.")]
    assert by_kelly
    assert "" in found


def test_every_decision_is_made_again_from_the_log(recorded: Sequence[Envelope]) -> None:
    log = ListLog()
    log.append(recorded)
    redecision = Redecision()
    list(redecision.steps(log.read()))
    assert redecision.is_equal


def test_a_run_that_stopped_after_enough_trades_goes_on_to_the_same_sizes(
    recorded: Sequence[Envelope],
) -> None:
    begin = len(recorded) * 3 // 4
    while recorded[begin].meta.correlation_id == recorded[begin - 1].meta.correlation_id:
        begin += 1
    log = ListLog()
    log.append(recorded[:begin])
    assert play(plan(TAPES, BY_KELLY), log) == recorded


def test_the_entry_of_a_reversal_is_cut_again_and_placed_with_that_quantity() -> None:
    cutting = replace(
        BY_KELLY,
        strategies=(FAST,),
        sizing=SizingSettings(risk=D("0.002"), cut_to_max_risk=True),
        risk=BY_KELLY.risk,
    )
    recorded = play(plan(TAPES, cutting), ListLog())
    cut = [
        (at, one.meta.correlation_id, one.event)
        for at, one in enumerate(recorded)
        if isinstance(one.event, ReversalDecided) and one.event.quantity is not None
    ]
    assert cut
    for at, chain, leg in cut:
        assert (leg.verdict, leg.reasons) == (Verdict.ENTER, ("CUT_TO_MAX_RISK", "ALL_APPROVE"))
        after = [one.event for one in recorded[at:] if one.meta.correlation_id == chain]
        entry, *_ = (one.quantity for one in after if isinstance(one, OrderPlaced))
        assert entry == leg.quantity


def test_own_sizing_of_a_what_if_is_that_of_its_settings_file() -> None:
    text = "quick=trend sizing.rule=KELLY sizing.cut_to_max_risk=True sizing.kelly_cap=0.05 sizing.kelly_fallback=SKIP"
    change = change_of(["trading.sizing.risk=0.004", "trading.margin.max_in_use=0.6"], [text], None)
    settings = change.settings(Settings())
    own = OwnSizingSettings(
        rule=SizingRule.KELLY, cut_to_max_risk=True, kelly_cap=D("0.05"), kelly_fallback=KellyFallback.SKIP
    )
    (one,) = settings.strategies
    assert one.sizing == own
    assert (settings.sizing_of("quick").risk, settings.sizing.rule) == (D("0.004"), SizingRule.RISK)
    assert [f"{name}={limit_text(value)}" for name, value in one.own_limits.items()] == text.split()[1:]
    written = settings_text(WhenceSettings(), change, settings, "found")
    read = trading_settings(tomllib.loads(written)["trading"])
    assert (read.strategies, read.sizing, read.margin) == (
        settings.strategies,
        settings.sizing,
        settings.margin,
    )
