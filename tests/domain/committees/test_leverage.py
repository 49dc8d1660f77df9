"""The leverage of an entry: a change without a known outcome alone refuses it, and margins use what is in force."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.committees import decide
from domain.committees.margins import margins_of
from domain.leverage.change import (
    LeverageChanged,
    LeverageChangeRefused,
    LeverageChangeRequested,
    LeverageChangeUnclear,
    LeverageEvent,
)
from domain.leverage.settings import LeverageSettings
from domain.settings import Settings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent
from domain.streams import leverage_stream
from tests.domain.committees.test_policy import a_view, holding
from tests.domain.history import ACCOUNT, BTC, ETH, NOW, D, a_signal, an_open_day

TEN = D(10)
ON = Settings(leverage=LeverageSettings(confirmations=1))
SIGNAL = a_signal()
"""50 at 100 with a stop at 98; the account's leverage is 5."""


def requested(leverage: Decimal = TEN, instrument: str = BTC) -> LeverageChangeRequested:
    return LeverageChangeRequested(
        instrument=instrument,
        leverage=leverage,
        before=D(5),
        step_leverage=leverage,
        from_volatility=D("0.015"),
        volatility=0.02,
        candles=1,
        interval_seconds=300,
        candle_closed_at=NOW,
    )


UNCLEAR = LeverageChangeUnclear(BTC, D(10), D(5), "timed out")


def decided(
    *events: LeverageEvent, settings: Settings = ON, signal: SignalDetected = SIGNAL, held: bool = False
) -> DecisionMade:
    history = an_open_day(settings)
    for event in events:
        history.record(leverage_stream(ACCOUNT, event.instrument), event)
    return decide(signal, a_view(holding(history) if held else history))


@pytest.mark.parametrize("events", [(requested(),), (requested(), UNCLEAR)], ids=["requested", "unclear"])
@pytest.mark.parametrize("settings", [ON, Settings()], ids=["on", "off"])
def test_a_change_without_a_known_outcome_alone_refuses_an_entry(
    events: tuple[LeverageEvent, ...], settings: Settings
) -> None:
    decision = decided(*events, settings=settings)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("LEVERAGE_UNCERTAIN",))
    (against,) = (one for one in decision.votes if not one.approves)
    assert (against.member, against.figures) == ("leverage_known", {"leverage": "5", "requested": "10"})
    (margin,) = margins_of(against)
    assert not margin.is_recorded, "it compares no figures"


@pytest.mark.parametrize(
    "events",
    [
        (),
        (requested(), LeverageChanged(BTC, D(10), D(5))),
        (requested(), LeverageChangeRefused(BTC, D(10), D(5), "no")),
        (requested(), UNCLEAR, LeverageChanged(BTC, D(10), D(5))),
        (requested(instrument=ETH),),
    ],
    ids=["none", "changed", "refused", "found out", "of another instrument"],
)
def test_an_entry_is_made_where_the_leverage_is_known(events: tuple[LeverageEvent, ...]) -> None:
    assert decided(*events).verdict is Verdict.ENTER


def test_an_exit_is_made_whatever_is_known_of_the_leverage() -> None:
    signal = a_signal(direction=SIGNAL.direction.opposite, intent=Intent.EXIT)
    assert decided(requested(), UNCLEAR, signal=signal, held=True).verdict is Verdict.CLOSE


def test_the_member_does_not_vote_where_the_settings_are_off_and_nothing_waits() -> None:
    votes = decided(requested(), LeverageChanged(BTC, D(10), D(5)), settings=Settings()).votes
    assert "leverage_known" not in {one.member for one in votes}


@pytest.mark.parametrize(("leverage", "margin"), [(D(10), "505.5"), (D(20), "255.5"), (D(2), "2505.5")])
def test_the_margin_of_an_entry_is_that_of_the_leverage_in_force_and_its_size_that_of_the_risk(
    leverage: Decimal, margin: str
) -> None:
    """5,000 / leverage, and 5.5 of fees in and out."""
    decision = decided(requested(leverage), LeverageChanged(BTC, leverage, D(5)))
    (vote,) = (one for one in decision.votes if one.member == "reserved_balance")
    assert D(vote.figures["margin"]) == D(margin)
    assert decision.quantity == decided().quantity == 50


def test_a_stop_beyond_the_liquidation_of_the_leverage_in_force_is_refused() -> None:
    """At 50 the position is liquidated 1/50 - 0.005 below 100, which is above the stop at 98."""
    decision = decided(requested(D(50)), LeverageChanged(BTC, D(50), D(5)))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("STOP_BEYOND_LIQUIDATION",))
    assert decided(requested(D(20)), LeverageChanged(BTC, D(20), D(5))).verdict is Verdict.ENTER
