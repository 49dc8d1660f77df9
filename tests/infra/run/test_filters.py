"""Filters in runs on a tape: entries are refused, and each decision is made again from the log."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest

from adapters.tapes import synthetic_tape
from commands.starting import with_strategies
from domain.adjusting import adjusted
from domain.errors import InvalidInput, Refused
from domain.filters.settings import FilterSettings, OwnFilterSettings
from domain.log import Envelope, Recorded
from domain.settings import OnOpposite, Settings, StrategySettings, limit_text
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent
from infra.cli.changes import change_of
from infra.config import WhenceSettings
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import Stretch, candle_recording
from infra.run.redeciding import Redecision
from infra.search.settings_file import settings_text
from infra.trading import trading_settings
from projections.chain import missing_causes
from projections.explained.decisions import decisions_of
from tests.commands.list_log import ListLog
from tests.infra.run.test_reversing import FAST
from tests.infra.run.test_skipping import played
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1_500)
BTC, ETH = (tape.instrument for tape in TAPES)
COARSE = replace(FAST, id="coarse", interval="15m")
RULES = FilterSettings(
    minimum_adx=15.0,
    minimum_di_difference=1.0,
    timeframe="30m",
    timeframe_ema=5,
    value_area_candles=96,
    minimum_place=0.2,
    minimum_pivot_distance=0.0005,
    maximum_correlation=0.1,
    maximum_major_correlation=0.2,
    correlation_candles=20,
    majors=(BTC,),
)
EACH: dict[str, dict[str, Any]] = {
    "ADX_TOO_LOW": {"minimum_adx": 35.0},
    "DI_DIFFERENCE_TOO_SMALL": {"minimum_di_difference": 8.0},
    "TIMEFRAME_DISAGREES": {"timeframe": "30m", "timeframe_ema": 5},
    "PLACE_TOO_LOW": {"value_area_candles": 96, "minimum_place": 0.5},
    "PIVOT_TOO_NEAR": {"minimum_pivot_distance": 0.002},
    "CORRELATED_WITH_HELD": {"maximum_correlation": 0.05, "correlation_candles": 20},
    "CORRELATED_WITH_MAJOR": {
        "maximum_major_correlation": 0.05,
        "correlation_candles": 20,
        "majors": (BTC,),
    },
}


def with_filters(filters: FilterSettings) -> Settings:
    return replace(EAGER, strategies=(FAST, COARSE), on_opposite=OnOpposite.REVERSE, filters=filters)


@pytest.fixture(scope="module")
def filtered() -> Sequence[Envelope]:
    return play(plan(TAPES, with_filters(RULES)), ListLog())


def reasons_of(envelopes: Sequence[Envelope]) -> Counter[str]:
    return Counter(
        reason for one in envelopes if isinstance(one.event, DecisionMade) for reason in one.event.reasons
    )


def entered(envelopes: Sequence[Envelope]) -> int:
    traded = {Verdict.ENTER, Verdict.REVERSE}
    return sum(isinstance(one.event, DecisionMade) and one.event.verdict in traded for one in envelopes)


@pytest.mark.parametrize("reason", EACH)
def test_a_filter_alone_refuses_entries_that_a_run_without_it_makes(reason: str) -> None:
    free = play(plan(TAPES, with_filters(FilterSettings())), ListLog())
    kept = play(plan(TAPES, with_filters(FilterSettings(**EACH[reason]))), ListLog())
    assert reasons_of(free)[reason] == 0
    assert reasons_of(kept)[reason] > 0
    assert 0 < entered(kept) < entered(free)


@pytest.mark.parametrize("reason", EACH)
def test_the_explanation_of_a_refused_entry_has_its_reason_and_by_how_much(reason: str) -> None:
    envelopes = play(plan(TAPES, with_filters(FilterSettings(**EACH[reason]))), ListLog())
    refused = [one for one in decisions_of(recorded(envelopes), ()) if reason in reasons(one.decision)]
    margins = [margin for one in refused for margin in one.to_pass if margin.reason == reason]
    assert len(margins) == len(refused) > 0
    assert all(margin.is_recorded and margin.by is not None for margin in margins)


def recorded(envelopes: Sequence[Envelope]) -> Sequence[Recorded]:
    log = ListLog()
    log.append(envelopes)
    return list(log.read())


def reasons(decision: DecisionMade | None) -> Sequence[str]:
    return () if decision is None else decision.reasons


def test_signals_without_filters_have_the_inputs_of_their_strategy_alone() -> None:
    free = play(plan(TAPES[:1], with_filters(FilterSettings())), ListLog())
    names = {name for one in signals(free) for name in one.inputs}
    assert not any(name.startswith(("filter.", "correlation.")) for name in names)


def test_only_entries_have_the_figures_of_filters(filtered: Sequence[Envelope]) -> None:
    for one in signals(filtered):
        has_figures = any(name.startswith("filter.") for name in one.inputs)
        assert not has_figures or one.intent is Intent.ENTER
    assert any(
        "filter.pivot" in one.inputs and f"correlation.{BTC}" in one.inputs for one in signals(filtered)
    )


def signals(envelopes: Sequence[Envelope]) -> Sequence[SignalDetected]:
    return [one.event for one in envelopes if isinstance(one.event, SignalDetected)]


def test_every_decision_is_made_again_from_the_log(filtered: Sequence[Envelope]) -> None:
    redecision, log = Redecision(), ListLog()
    log.append(filtered)
    list(redecision.steps(log.read()))
    assert redecision.is_equal
    assert redecision.made["DecisionMade"] > 0
    assert list(missing_causes(log.read())) == []


@pytest.mark.parametrize("part", [0.3, 0.6])
def test_a_run_that_stopped_goes_on_to_the_same_events(filtered: Sequence[Envelope], part: float) -> None:
    first = [one.meta.correlation_id for one in filtered]
    end = round(len(first) * part)
    while first[end] == first[end - 1]:
        end += 1
    log = ListLog()
    log.append(filtered[:end])
    assert play(plan(TAPES, with_filters(RULES)), log) == filtered


def test_a_run_that_passes_over_candles_makes_the_same_log_to_the_byte() -> None:
    made = plan(TAPES, with_filters(RULES))
    assert played(made, skips=True)[0] == played(made, skips=False)[0]


def test_a_backtest_of_warmed_candles_has_the_same_events_with_and_without_skipping() -> None:
    made = plan(TAPES, with_filters(RULES))
    stretch = Stretch(begin=TAPES[0].candles[700].open_time)
    part = replace(made, tapes=[stretch.of(one) for one in made.tapes])
    found: list[list[Envelope]] = []
    for skips in (False, True):
        with closing(Backtesting(candle_recording(part, stretch.before(made.tapes)), skips=skips)) as run:
            list(run.steps())
            found.append([one.envelope for one in run.events()])
    assert found[0] == found[1]
    assert reasons_of(found[0])["PLACE_TOO_LOW"] > 0
    assert reasons_of(found[0])["FILTER_FIGURES_MISSING"] == 0


def test_filters_of_an_instance_that_are_off_leave_the_decisions_as_they_are() -> None:
    usual = with_filters(FilterSettings())
    off = replace(usual, strategies=(replace(FAST, filters=OwnFilterSettings(minimum_adx=0.0)), COARSE))
    one, other = (votes_of(play(plan(TAPES[:1], each), ListLog())) for each in (usual, off))
    assert one == other


def votes_of(envelopes: Sequence[Envelope]) -> list[tuple[str, bool]]:
    made = [one.event for one in envelopes if isinstance(one.event, DecisionMade)]
    return [(vote.member, vote.approves) for one in made for vote in one.votes]


def test_every_start_has_the_filters_as_configured_and_they_are_not_changed_in_between() -> None:
    configured = with_filters(RULES)
    assert with_strategies(Settings(), configured).filters == RULES
    with pytest.raises(Refused, match=r"configure them in whence.toml and start again"):
        adjusted(configured, {"filters.minimum_adx": "20"})


def test_a_timeframe_that_cannot_be_built_from_the_candles_is_refused_before_the_run() -> None:
    with pytest.raises(
        InvalidInput, match=r"strategy trend-fast: filters.timeframe: candles of 1m cannot be built"
    ):
        plan(TAPES, with_filters(FilterSettings(timeframe="1m")))


def test_own_filters_of_a_what_if_are_those_of_its_settings_file() -> None:
    text = f"quick=trend fast=5 filters.minimum_adx=25.0 filters.timeframe=15m filters.majors={BTC},{ETH}"
    change = change_of(["trading.filters.value_area_candles=96"], [text], None)
    settings = change.settings(Settings())
    (one,) = settings.strategies
    assert isinstance(one, StrategySettings)
    assert one.filters == OwnFilterSettings(minimum_adx=25.0, timeframe="15m", majors=(BTC, ETH))
    assert settings.filters_of("quick").value_area_candles == 96
    assert [f"{name}={limit_text(value)}" for name, value in one.own_limits.items()] == text.split()[2:]
    written = settings_text(WhenceSettings(), change, settings, "found")
    read = trading_settings(tomllib.loads(written)["trading"])
    assert (read.strategies, read.filters) == (settings.strategies, settings.filters)
