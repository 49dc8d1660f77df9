"""The limits of a regime: each alone changes a decision while its regime is in force, and no other one does."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import pytest

from domain.committees import decide
from domain.committees.regimes import in_regime
from domain.management.settings import ManagementSettings
from domain.regime import Regime, RegimeChanged
from domain.regimes.settings import RegimeLimits, RegimeSettings
from domain.settings import FlipSettings, Settings, StrategySettings
from domain.signal import SignalDetected, Verdict
from domain.streams import regime_stream
from tests.domain.committees.test_policy import AGAINST, SIGNAL, a_view, holding
from tests.domain.history import ACCOUNT, BTC, ETH, NOW, History, an_open_day
from tests.replacing import replace

D = Decimal
CHANGE = RegimeChanged(
    instrument=BTC,
    interval_seconds=3_600,
    candle_closed_at=NOW,
    regime=Regime.VOLATILE,
    before=None,
    candles=3,
    adx=20.0,
    efficiency=0.2,
    atr_share=0.01,
    percentile=0.95,
)


def with_limits(limits: RegimeLimits, base: Settings | None = None) -> Settings:
    regimes = RegimeSettings(confirmations=3, volatile=limits)
    return replace(Settings() if base is None else base, regimes=regimes)


def in_force(history: History, regime: Regime = Regime.VOLATILE, instrument: str = BTC) -> History:
    return history.record(
        regime_stream(ACCOUNT, instrument), replace(CHANGE, regime=regime, instrument=instrument)
    )


def held(settings: Settings) -> History:
    return holding(an_open_day(settings))


@dataclass(frozen=True)
class Alone:
    """A signal that one limit alone refuses in its regime."""

    limits: dict[str, Any]
    reason: str
    signal: SignalDetected = SIGNAL
    verdict: Verdict = Verdict.ENTER


ALONE = (
    Alone({"normal_confidence": 0.9}, "CONFIDENCE_BELOW_THRESHOLD"),
    Alone({"minimum_trend": 0.9}, "TREND_DISAGREES"),
    Alone({"minimum_reward_to_risk": D(9)}, "REWARD_TO_RISK_TOO_LOW"),
    Alone({"hold_seconds": 86_400}, "FLIP_HELD_TOO_SHORT", AGAINST, Verdict.CLOSE),
)


def history_of(case: Alone, settings: Settings) -> History:
    return held(settings) if case.verdict is Verdict.CLOSE else an_open_day(settings)


@pytest.mark.parametrize("case", ALONE, ids=[one.reason for one in ALONE])
def test_a_limit_refuses_in_its_regime_and_in_no_other(case: Alone) -> None:
    settings = with_limits(RegimeLimits(**case.limits))
    refused = decide(case.signal, a_view(in_force(history_of(case, settings))))
    assert (refused.verdict, refused.reasons) == (Verdict.SKIP, (case.reason,))
    for other in (Regime.TREND, Regime.RANGE):
        assert (
            decide(case.signal, a_view(in_force(history_of(case, settings), other))).verdict is case.verdict
        )
    elsewhere = in_force(history_of(case, settings), instrument=ETH)
    assert decide(case.signal, a_view(elsewhere)).verdict is case.verdict


@pytest.mark.parametrize("case", ALONE, ids=[one.reason for one in ALONE])
def test_before_the_first_regime_and_with_regimes_off_nothing_differs(case: Alone) -> None:
    settings = with_limits(RegimeLimits(**case.limits))
    assert decide(case.signal, a_view(history_of(case, settings))).verdict is case.verdict
    off = replace(settings, regimes=replace(settings.regimes, confirmations=0))
    found = decide(case.signal, a_view(in_force(history_of(case, off))))
    assert found == decide(case.signal, a_view(history_of(case, Settings())))


def test_every_limit_takes_the_place_of_the_setting_with_its_name() -> None:
    given: dict[str, Any] = {
        "normal_confidence": 0.11,
        "strict_confidence": 0.12,
        "relaxed_confidence": 0.13,
        "minimum_trend": 0.14,
        "minimum_reward_to_risk": D("1.5"),
        "cooldown_seconds": 16,
        "hold_seconds": 17,
    }
    management: dict[str, Any] = {
        "trailing_levels": ("0.02:0.01",),
        "break_even_at": D("0.011"),
        "largest_loss": D("0.012"),
        "time_limit_seconds": 18,
    }
    given |= management
    assert set(given) == {one.name for one in fields(RegimeLimits)}
    view = a_view(in_force(an_open_day(with_limits(RegimeLimits(**given)))))
    found = in_regime(view, BTC).settings
    settings = found.settings
    assert found.version == view.settings.version
    assert (settings.tiers.normal_confidence, settings.tiers.strict_confidence) == (0.11, 0.12)
    assert (settings.tiers.relaxed_confidence, settings.alpha.minimum_trend) == (0.13, 0.14)
    assert settings.alpha.minimum_reward_to_risk == D("1.5")
    assert (settings.risk.cooldown_seconds, settings.flips.hold_seconds) == (16, 17)
    unchanged = replace(
        settings,
        tiers=view.settings.settings.tiers,
        alpha=view.settings.settings.alpha,
        risk=replace(settings.risk, cooldown_seconds=view.settings.settings.risk.cooldown_seconds),
        flips=FlipSettings(),
        management=ManagementSettings(),
    )
    assert settings.management == ManagementSettings(**management)
    assert unchanged == view.settings.settings


def test_what_an_instance_has_of_its_own_goes_before_the_limit_of_a_regime() -> None:
    own = Settings(strategies=(StrategySettings("trend", minimum_trend=-1.0),))
    settings = with_limits(RegimeLimits(minimum_trend=0.9), own)
    assert decide(SIGNAL, a_view(in_force(an_open_day(settings)))).verdict is Verdict.ENTER


def test_the_decision_names_the_regime_in_force() -> None:
    settings = with_limits(RegimeLimits())
    (vote,) = (
        vote
        for vote in decide(SIGNAL, a_view(in_force(an_open_day(settings)))).votes
        if vote.member == "confidence"
    )
    assert vote.figures["regime"] == "VOLATILE"
    without = decide(SIGNAL, a_view(an_open_day(settings))).votes[0]
    assert "regime" not in without.figures


def test_the_portfolio_has_the_last_regime_of_each_instrument() -> None:
    history = in_force(in_force(an_open_day(), Regime.TREND), Regime.RANGE)
    in_force(history, Regime.TREND, ETH)
    found = history.portfolio().regimes
    assert {name: one.regime for name, one in found.items()} == {BTC: Regime.RANGE, ETH: Regime.TREND}
