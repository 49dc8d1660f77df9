"""Regimes in runs on a tape: changes are events, decisions name what was in force, and a stop changes nothing."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal

import pytest

from adapters.tapes import synthetic_tape
from commands.starting import with_strategies
from commands.world import World
from commands.world_snapshot import captured, pieces, restored
from domain.adjusting import adjusted, adjusted_before_opening
from domain.errors import InvalidInput, InvalidSettings, Refused
from domain.log import Envelope
from domain.regime import Regime, RegimeChanged
from domain.regimes.reader import changes_on
from domain.regimes.settings import RegimeLimits, RegimeSettings
from domain.settings import Settings
from domain.signal import DecisionMade, SignalDetected
from infra.cli.changes import change_of
from infra.config import WhenceSettings
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import Stretch, candle_recording
from infra.run.redeciding import Redecision
from infra.search.settings_file import settings_text
from infra.trading import trading_settings
from projections.chain import missing_causes
from projections.explained.decisions import decisions_of, regime_of
from projections.sentences import sentence
from tests.commands.list_log import ListLog
from tests.infra.run.test_reversing import FAST
from tests.infra.run.test_skipping import played
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1_500)
RULES = RegimeSettings(
    confirmations=2,
    interval="15m",
    volatile_window=40,
    minimum_adx=20.0,
    range=RegimeLimits(minimum_trend=0.3),
    volatile=RegimeLimits(normal_confidence=1.0),
)
COARSE = replace(FAST, id="coarse", interval="15m")


def with_regimes(regimes: RegimeSettings) -> Settings:
    return replace(EAGER, strategies=(FAST, COARSE), regimes=regimes)


@pytest.fixture(scope="module")
def recorded() -> Sequence[Envelope]:
    return play(plan(TAPES, with_regimes(RULES)), ListLog())


def changes(envelopes: Sequence[Envelope]) -> Sequence[RegimeChanged]:
    return [one.event for one in envelopes if isinstance(one.event, RegimeChanged)]


def test_every_change_of_a_regime_is_recorded_at_the_close_that_confirmed_it(
    recorded: Sequence[Envelope],
) -> None:
    for tape in TAPES:
        found = [one for one in changes(recorded) if one.instrument == tape.instrument]
        expected = [one.close_time for one in changes_on(RULES, tape.candles)]
        assert [one.candle_closed_at for one in found] == expected
        assert [one.before for one in found] == [None, *(one.regime for one in found[:-1])]
    assert {one.regime for one in changes(recorded)} == set(Regime)
    assert {one.interval_seconds for one in changes(recorded)} == {900}


def test_a_decision_is_made_in_the_regime_that_was_recorded_before_it(recorded: Sequence[Envelope]) -> None:
    in_force: dict[str, str] = {}
    instruments: dict[str, str] = {}
    named = Counter[str]()
    for envelope in recorded:
        match envelope.event:
            case RegimeChanged(instrument=instrument, regime=regime):
                in_force[instrument] = regime.value
            case SignalDetected(instrument=instrument):
                instruments[envelope.meta.correlation_id] = instrument
            case DecisionMade(votes=votes):
                for vote in votes:
                    if vote.member == "confidence":
                        found = vote.figures.get("regime")
                        assert found == in_force.get(instruments[envelope.meta.correlation_id])
                        named[found or "none"] += 1
            case _:
                pass
    assert set(named) >= {"TREND", "RANGE", "VOLATILE"}


def test_the_explanation_of_a_decision_names_the_regime(recorded: Sequence[Envelope]) -> None:
    log = ListLog()
    log.append(recorded)
    explained = decisions_of(log.read(), ())
    assert {regime_of(one) for one in explained} == {"TREND", "RANGE", "VOLATILE", ""}
    without = [one for one in explained if not regime_of(one)]
    assert all(vote.vote.member != "confidence" for one in without for vote in one.votes)


def test_limits_of_a_regime_refuse_what_a_run_without_them_enters(recorded: Sequence[Envelope]) -> None:
    free = play(plan(TAPES, with_regimes(RegimeSettings())), ListLog())
    assert not changes(free)
    for reason in ("TREND_DISAGREES", "CONFIDENCE_BELOW_THRESHOLD"):
        assert reasons_of(free)[reason] == 0
        assert reasons_of(recorded)[reason] > 0


def reasons_of(envelopes: Sequence[Envelope]) -> Counter[str]:
    return Counter(
        reason for one in envelopes if isinstance(one.event, DecisionMade) for reason in one.event.reasons
    )


def test_a_change_and_the_signals_of_its_candle_are_one_unit() -> None:
    """The strategy reads the candles that the regimes are read from."""
    strategies = (replace(FAST, interval="15m"),)
    made = play(plan(TAPES, replace(with_regimes(RULES), strategies=strategies)), ListLog())
    shared = {one.meta.causation_id for one in made if isinstance(one.event, RegimeChanged)} & {
        one.meta.causation_id for one in made if isinstance(one.event, SignalDetected)
    }
    assert shared
    assert_resumes(made, replace(with_regimes(RULES), strategies=strategies), min(shared))


def assert_resumes(made: Sequence[Envelope], settings: Settings, cause: str) -> None:
    """A run whose log ends before the unit of this cause goes on to the same events."""
    end = next(at for at, one in enumerate(made) if one.meta.causation_id == cause)
    log = ListLog()
    log.append(made[:end])
    assert play(plan(TAPES, settings), log) == made


def test_every_decision_is_made_again_from_the_log(recorded: Sequence[Envelope]) -> None:
    redecision, log = Redecision(), ListLog()
    log.append(recorded)
    list(redecision.steps(log.read()))
    assert redecision.is_equal
    assert redecision.made["DecisionMade"] > 0
    assert list(missing_causes(log.read())) == []


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_a_run_that_stopped_goes_on_to_the_same_events(recorded: Sequence[Envelope], part: float) -> None:
    at = [number for number, one in enumerate(recorded) if isinstance(one.event, RegimeChanged)]
    cause = recorded[at[round(len(at) * part)]].meta.causation_id
    assert_resumes(recorded, with_regimes(RULES), cause)


def test_a_run_that_passes_over_candles_makes_the_same_log_to_the_byte() -> None:
    made = plan(TAPES, with_regimes(RULES))
    assert played(made, skips=True)[0] == played(made, skips=False)[0]


def test_a_backtest_has_the_regime_of_its_warming_in_force_with_and_without_skipping() -> None:
    made = plan(TAPES, with_regimes(RULES))
    stretch = Stretch(begin=TAPES[0].candles[900].open_time)
    part = replace(made, tapes=[stretch.of(one) for one in made.tapes])
    found: list[list[Envelope]] = []
    for skips in (False, True):
        with closing(Backtesting(candle_recording(part, stretch.before(made.tapes)), skips=skips)) as run:
            list(run.steps())
            found.append([one.envelope for one in run.events()])
    assert found[0] == found[1]
    first = [one for one in found[0] if isinstance(one.event, RegimeChanged)][: len(TAPES)]
    begin = TAPES[0].candles[900].open_time
    assert all(one.meta.recorded_at == begin for one in first)
    assert {one.meta.correlation_id for one in first} != {""}


def test_every_start_has_the_regimes_as_configured_and_they_are_not_changed_in_between() -> None:
    assert with_strategies(Settings(), with_regimes(RULES)).regimes == RULES
    with pytest.raises(Refused, match=r"configure them in whence.toml and start again"):
        adjusted(with_regimes(RULES), {"regimes.minimum_adx": "20"})
    made = adjusted_before_opening(with_regimes(RULES), {"regimes.minimum_adx": "20"}, "trading.")
    assert made.regimes == replace(RULES, minimum_adx=20.0)


TABLE = """
[trading.regimes]
confirmations = 3
interval = "1h"
[trading.regimes.range]
minimum_reward_to_risk = "2.5"
hold_seconds = 1800
"""


def test_the_table_of_a_regime_is_read_from_a_settings_file_and_written_into_another() -> None:
    given = tomllib.loads(TABLE)["trading"]
    settings = trading_settings(given)
    assert settings.regimes.range == RegimeLimits(minimum_reward_to_risk=Decimal("2.5"), hold_seconds=1_800)
    text = settings_text(WhenceSettings(trading=given), change_of([], [], None), settings, "found")
    assert trading_settings(tomllib.loads(text)["trading"]) == settings


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"regimes": {"trend": {"confidence": 1}}}, "trading.regimes.trend.confidence: no such setting"),
        ({"regimes": {"range": {"minimum_trend": 2}}}, "regimes.range.minimum_trend = 2.0 must be in -1 … 1"),
        ({"regimes": {"interval": "7m"}}, "regimes.interval = '7m' does not divide a day evenly"),
        ({"regimes": {"confirmations": 101}}, "regimes.confirmations = 101 must be in 0 … 100"),
    ],
)
def test_a_setting_of_regimes_that_cannot_be_read_is_refused_by_its_place(
    table: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        trading_settings(table)
    assert message in str(refused.value)


def test_an_interval_that_cannot_be_built_from_the_tape_is_refused_before_the_run() -> None:
    with pytest.raises(InvalidInput, match=r"regimes\.interval: candles of 1m cannot be built"):
        plan(TAPES, with_regimes(replace(RULES, interval="1m")))


def test_the_sentence_of_a_change_names_both_regimes_and_the_figures() -> None:
    change = RegimeChanged(
        instrument="BTCUSDT-LINEAR.BYBIT",
        interval_seconds=900,
        candle_closed_at=TAPES[0].candles[0].close_time,
        regime=Regime.TREND,
        before=Regime.RANGE,
        candles=2,
        adx=31.26,
        efficiency=0.512,
        atr_share=0.00123,
        percentile=0.4,
    )
    assert sentence(change) == (
        "BTCUSDT-LINEAR.BYBIT: TREND after RANGE, shown by 2 candles in a row; ADX 31.3, efficiency ratio 0.51, ATR "
        "0.123% of the price, above 40% of the candles before"
    )


def test_a_snapshot_has_the_regimes_in_force(recorded: Sequence[Envelope]) -> None:
    folded = World().fold_all(recorded)
    found = restored([b"".join(pieces(captured(folded)))])
    assert found.portfolio.regimes == folded.portfolio.regimes
    assert set(found.portfolio.regimes) == {tape.instrument for tape in TAPES}
