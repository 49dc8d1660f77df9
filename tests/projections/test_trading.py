"""The rows of discrepancies and of the trading state equal the portfolio that the domain folds, after every event."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import asdict

from commands.world import World
from domain.account import KillSwitchReset, KillSwitchTripped
from domain.breaker import BreakerClosed, BreakerHalfOpened, BreakerOpened, Service
from domain.held import HeldChange, SettingsHeld
from domain.leverage.change import (
    LeverageChanged,
    LeverageChangeRefused,
    LeverageChangeRequested,
    LeverageChangeUnclear,
)
from domain.log import Recorded
from domain.pause import EntriesPaused, EntriesResumed
from domain.reconciliation import (
    DiscrepancyFound,
    DiscrepancyResolved,
    ReconciliationBegun,
    ReconciliationEnded,
)
from domain.settings import Settings
from domain.streams import (
    breaker_stream,
    leverage_stream,
    pause_stream,
    reconciliation_stream,
    settings_stream,
)
from domain.weights.settings import Weight, WeightSettings
from projections.discrepancies import DISCREPANCIES
from projections.questions.trading import halts
from projections.rows import MemoryRows
from projections.trading import TRADING
from tests.domain.history import ACCOUNT, BTC, NOW, D, History, an_open_day
from tests.projections.folded import folded, nothing_stored, table

BALANCE = "difference:BalanceDiffers:USDT:-1000"
_ORDERS = breaker_stream(ACCOUNT, Service.ORDERS)
_ACCOUNT, _TREND = pause_stream(ACCOUNT, ""), pause_stream(ACCOUNT, "trend")
WEIGHTS = WeightSettings(table=(Weight(strategy="trend", regime="TREND", weight=D("0.5")),))
_LOST = f"position-{ACCOUNT}-{BTC}-LONG-1"


def _requested(leverage: Decimal, before: Decimal) -> LeverageChangeRequested:
    return LeverageChangeRequested(
        instrument=BTC,
        leverage=leverage,
        before=before,
        step_leverage=leverage,
        from_volatility=D(0),
        volatility=0.01,
        candles=2,
        interval_seconds=300,
        candle_closed_at=NOW,
    )


_LEVERAGES = (
    _requested(D(20), D(5)),
    LeverageChangeUnclear(BTC, D(20), D(5), "timed out"),
    LeverageChangeRefused(BTC, D(20), D(5), "the exchange states a leverage of 5 after the request"),
)


def a_halted_day() -> History:
    """Every event that halts new exposure, every event that ends one of these halts, and changes that are held."""
    history, found = an_open_day(settings=Settings(weights=WEIGHTS)), reconciliation_stream(ACCOUNT)
    history.record(found, ReconciliationBegun("the engine starts"))
    history.record(found, DiscrepancyFound(BALANCE, "USDT", "the balance is 1000 less there"))
    history.record(found, DiscrepancyFound("exchange:v7", "other-e1", "a report of an unknown order"))
    history.record(found, ReconciliationEnded(0, 2))
    history.account(KillSwitchTripped("enough for today"))
    history.record(_ORDERS, BreakerOpened(Service.ORDERS, NOW, 5, "timed out"))
    later = NOW + timedelta(minutes=1)
    history.record(_ORDERS, BreakerHalfOpened(Service.ORDERS, later), at=later)
    history.record(_ORDERS, BreakerOpened(Service.ORDERS, later, 1, "timed out again"), at=later)
    history.record(_ORDERS, BreakerClosed(Service.ORDERS, later), at=later)
    history.record(_ACCOUNT, EntriesPaused(owner="", losses=3, net=D(-30), positions=(_LOST,)))
    paused = EntriesPaused(owner="trend", losses=2, net=D("-4.50"), positions=(_LOST,), until=later)
    history.record(_TREND, paused)
    history.record(_TREND, EntriesResumed("trend"), at=later)
    history.record(_ACCOUNT, EntriesResumed("", "looked at"), at=later)
    for event in (*_LEVERAGES, _requested(D(10), D(5)), LeverageChanged(BTC, D(10), D(5))):
        history.record(leverage_stream(ACCOUNT, BTC), event)
    history.account(KillSwitchReset("looked at"))
    history.record(found, DiscrepancyResolved(BALANCE, "to the savings account"))
    history.record(found, DiscrepancyResolved("exchange:v7", "cancelled"))
    held = (
        HeldChange(
            name="risk.max_positions",
            before="5",
            after="9",
            by="eve",
            since=NOW,
            reason="two more symbols",
            closes=2,
        ),
        HeldChange(name="risk.freshness_seconds", before="30", after="60", by="settings", since=later),
    )
    history.record(settings_stream(ACCOUNT), SettingsHeld(held, "two more symbols"))
    history.record(settings_stream(ACCOUNT), SettingsHeld((), "not now"))
    return history


def test_after_every_event_the_trading_state_has_the_halts_of_the_domains_portfolio() -> None:
    rows, world, seen = MemoryRows(TRADING.tables, nothing_stored), World(), set[str]()
    for ordinal, envelope in enumerate(a_halted_day().envelopes, 1):
        world.fold(envelope)
        fold = TRADING.folds.get(type(envelope.event))
        if fold is None:
            continue
        fold(rows, Recorded(ordinal, envelope))
        row, portfolio = rows.get("trading_states", ACCOUNT), world.portfolio
        assert row["tripped"] == portfolio.account.tripped
        assert row["held_settings"].get("changes", []) == [
            {**asdict(one), "since": one.since.isoformat()} for one in portfolio.settings.held
        ]
        assert row["reconciling"] == portfolio.discrepancies.reconciling
        assert row["unresolved"] == sorted(portfolio.discrepancies.unresolved)
        assert {name: one["mode"] for name, one in row["breakers"].items()} == {
            name: one.mode for name, one in portfolio.breakers.items()
        }
        assert {
            owner: (one["losses"], D(one["net"]), one["until"]) for owner, one in row["pauses"].items()
        } == {
            owner: (one.losses, one.net, None if one.until is None else one.until.isoformat())
            for owner, one in portfolio.pauses.items()
        }
        assert {name: (one["leverage"], one["requested"]) for name, one in row["leverages"].items()} == {
            name: (
                str(one.state.in_force),
                None if one.state.requested is None else str(one.state.requested),
            )
            for name, one in portfolio.leverages.items()
        }
        seen.update(halts(row))
    assert seen == {
        "KILL_SWITCH",
        "RECONCILING",
        "UNRESOLVED_DISCREPANCY",
        "CIRCUIT_BREAKER_OPEN",
        "ACCOUNT_PAUSED_AFTER_LOSSES",
    }
    assert halts(rows.get("trading_states", ACCOUNT)) == []


def test_the_trading_state_has_the_paused_strategies() -> None:
    history = an_open_day(settings=Settings(paused=("trend",)))
    assert table(folded(TRADING, history.envelopes), "trading_states")[ACCOUNT]["paused"] == ["trend"]


def test_what_a_discrepancy_found_does_not_begin_with_its_kind() -> None:
    """The log has the kind in the text; the row has it in a column of its own."""
    history = an_open_day()
    found = DiscrepancyFound(BALANCE, "USDT", "BalanceDiffers: the balance is 1000 less there")
    history.record(reconciliation_stream(ACCOUNT), found)
    row = table(folded(DISCREPANCIES, history.envelopes), "discrepancies")[ACCOUNT, BALANCE]
    assert row["found"] == "the balance is 1000 less there"


def test_a_discrepancy_is_open_until_it_is_resolved_and_then_has_who_and_how() -> None:
    rows = table(folded(DISCREPANCIES, a_halted_day().envelopes), "discrepancies")
    balance, report = rows[ACCOUNT, BALANCE], rows[ACCOUNT, "exchange:v7"]
    assert (balance["kind"], report["kind"]) == ("BalanceDiffers", "Report")
    assert (balance["subject"], balance["found"]) == ("USDT", "the balance is 1000 less there")
    assert (balance["status"], balance["resolution"], balance["resolved_by"]) == (
        "RESOLVED",
        "to the savings account",
        "test",
    )
    upto = [one for one in a_halted_day().envelopes if not isinstance(one.event, DiscrepancyResolved)]
    before = table(folded(DISCREPANCIES, upto), "discrepancies")[ACCOUNT, BALANCE]
    assert (before["status"], before["resolution"], before["resolved_at"]) == ("OPEN", None, None)
