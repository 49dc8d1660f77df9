"""Requests about the account: its kill switch, settings, strategies and discrepancies; and signals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest

from commands import settings as settings_commands
from commands.account import SettleBalance
from commands.door import Completed
from commands.inputs import Tick
from commands.reconciliation import RecordDiscrepancy
from commands.request import (
    ChangeSettings,
    PauseStrategy,
    RaiseSignal,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeStrategy,
    TripKillSwitch,
)
from domain.account import BalanceReason
from domain.direction import Direction
from domain.settings import OnDailyLoss, RiskSettings, Settings, SettingsChanged, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.streams import signal_stream
from domain.weights.settings import weights_text
from tests.commands.desk import long
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking, chain_of
from tests.domain.history import ACCOUNT, BTC, D
from tests.replacing import replace


def last_change(eve: Asking) -> SettingsChanged:
    changes = (
        one.event for one in reversed(eve.desk.log.envelopes) if isinstance(one.event, SettingsChanged)
    )
    return next(changes)


def decided(eve: Asking, key: str) -> DecisionMade:
    decision: DecisionMade = eve.desk.world.state(signal_stream(ACCOUNT, chain_of(key))).decision
    return decision


def fresh(eve: Asking, **changed: object) -> SignalDetected:
    return replace(long(), candle_closed_at=eve.desk.at, **changed)


def test_the_kill_switch_is_tripped_once_and_reset_once() -> None:
    eve = Asking()
    assert eve.accepted(TripKillSwitch("lunch")) == ["KillSwitchTripped"]
    assert eve.accepted(TripKillSwitch("dinner")) == []
    assert eve.accepted(ResetKillSwitch("fed")) == ["KillSwitchReset"]
    assert eve.accepted(ResetKillSwitch("fed")) == []


def test_settings_are_changed_by_name_and_the_others_are_kept() -> None:
    eve = Asking()
    changes = {"risk.max_positions": "3", "sizing.rule": "percent", "alpha.minimum_trend": "-0.5"}
    assert eve.accepted(ChangeSettings(changes)) == ["SettingsChanged"]
    settings = eve.desk.world.portfolio.settings.settings
    assert settings.risk == replace(Settings().risk, max_positions=3)
    assert (settings.sizing.rule.value, settings.alpha.minimum_trend) == ("PERCENT", -0.5)
    assert settings.strategies == Settings().strategies
    assert last_change(eve).version == 2
    assert eve.accepted(ChangeSettings({"risk.max_positions": "3"})) == [], (
        "the setting has the value already"
    )


def test_weights_are_changed_with_a_reason_and_put_back_by_the_earlier_ones() -> None:
    eve = Asking()
    rows = "trend/*/RANGE=0.5,trend/BTCUSDT-LINEAR.BYBIT/*=1.5"
    request = ChangeSettings({"weights.table": rows, "weights.scales": "confidence"}, "the fit of June")
    assert eve.accepted(request, "june") == ["SettingsChanged"]
    weights = last_change(eve).settings.weights
    assert (last_change(eve).reason, weights.scales.value, weights_text(weights.table)) == (
        "the fit of June",
        "CONFIDENCE",
        rows,
    )
    assert eve.accepted(request, "june") == ["SettingsChanged"], "the request is repeated"
    assert last_change(eve).version == 2
    assert eve.accepted(ChangeSettings({"weights.table": ""})) == ["SettingsChanged"]
    assert (last_change(eve).reason, last_change(eve).settings.weights.table) == ("", ())
    for fault, table in (("must be in 0", "trend/*/*=2.5"), ("more than one row", "a/*/*=1,a/*/*=1")):
        assert fault in eve.declined(ChangeSettings({"weights.table": table}))


def test_a_change_of_settings_with_an_empty_reason_is_declined() -> None:
    assert "the reason is 1 to 500 characters" in Asking().declined(
        ChangeSettings({"risk.max_positions": "3"}, " ")
    )


def test_invalid_settings_are_declined() -> None:
    eve = Asking()
    assert eve.declined(ChangeSettings({})).startswith("InvalidInput: no setting was named")
    assert "risk.max_positions = -1 must be in 0" in eve.declined(
        ChangeSettings({"risk.max_positions": "-1"})
    )
    assert eve.declined(ChangeSettings({"simulation.seed": "1"})).startswith(
        "Refused: simulation.seed cannot be changed"
    )


def test_a_paused_strategy_does_not_enter_until_it_is_resumed() -> None:
    eve = Asking()
    eve.accepted(RaiseSignal(outside(fresh(eve, confidence=0.1))), "zero")
    assert eve.accepted(PauseStrategy("scanner", "news")) == ["SettingsChanged"]
    assert eve.accepted(PauseStrategy("scanner", "news at last")) == []
    assert (last_change(eve).reason, last_change(eve).settings.paused) == ("news", ("scanner",))
    eve.accepted(RaiseSignal(outside(fresh(eve))), "one")
    assert (decided(eve, "one").verdict, decided(eve, "one").reasons) == (Verdict.SKIP, ("STRATEGY_PAUSED",))
    assert eve.accepted(ResumeStrategy("scanner", "calmer")) == ["SettingsChanged"]
    assert eve.accepted(ResumeStrategy("trend", "never paused")) == []
    eve.accepted(RaiseSignal(outside(fresh(eve))), "two")
    assert decided(eve, "two").verdict is Verdict.ENTER


def test_pausing_or_resuming_an_unknown_strategy_is_declined_with_the_known_ones() -> None:
    """Known are the configured strategies, and the scanners that have raised a signal."""
    eve = Asking()
    unknown = "Refused: no strategy is called 'trent'; did you mean trend?; known are the configured ones and those "
    assert eve.declined(PauseStrategy("trent", "news")) == f"{unknown}whose signals are in the log: trend"
    assert eve.declined(PauseStrategy("person", "news")).startswith("Refused: no strategy is called 'person'")
    assert "scanner" in eve.declined(ResumeStrategy("scanner", "calmer"))
    eve.accepted(RaiseSignal(outside(fresh(eve, confidence=0.1))), "zero")
    assert eve.declined(PauseStrategy("trent", "news")).endswith("log: scanner, trend")
    assert eve.accepted(ResumeStrategy("scanner", "calmer")) == []
    assert eve.accepted(PauseStrategy("scanner", "news")) == ["SettingsChanged"]


def test_resuming_an_id_that_is_neither_paused_nor_configured_is_declined() -> None:
    eve = Asking(Settings(strategies=(StrategySettings("trend"),), paused=("grid",)))
    assert "no strategy called 'tend' is paused; paused are: grid" in eve.declined(
        ResumeStrategy("tend", "why")
    )


def test_a_signal_from_outside_is_judged_and_traded_like_any_other() -> None:
    eve = Asking()
    followed = eve.accepted(RaiseSignal(outside(fresh(eve, strategy="scanner"))), "sig")
    assert followed == ["SignalDetected", "DecisionMade", "FundsReserved", *["OrderPlaced"] * 3]
    assert {one.meta.correlation_id for one in eve.desk.log.envelopes[-6:]} == {chain_of("sig")}
    assert eve.desk.log.envelopes[-6].meta.actor == "eve"


def test_a_stale_signal_is_recorded_and_skipped() -> None:
    eve = Asking()
    stale = replace(long(), candle_closed_at=eve.desk.at - timedelta(hours=1))
    assert eve.accepted(RaiseSignal(outside(stale)), "old") == ["SignalDetected", "DecisionMade"]
    assert decided(eve, "old").reasons == ("STALE_DATA",)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"instrument": "XYZUSDT-LINEAR.BYBIT"},
            "InstrumentNotListed: XYZUSDT-LINEAR.BYBIT is not listed here",
        ),
        ({"confidence": 1.5}, "InvalidInput: the confidence of the signal of "),
        ({"price": D(0)}, "InvalidInput: the price of the signal of "),
    ],
)
def test_an_invalid_signal_is_declined(changed: dict[str, object], sentence: str) -> None:
    eve = Asking()
    assert eve.declined(RaiseSignal(outside(fresh(eve, **changed)))).startswith(sentence)


@pytest.mark.parametrize(
    ("last", "changed", "sentence"),
    [
        (D(98), {}, "Refused: a stop of 98 does not protect a LONG position at 98: it belongs below that"),
        (D(110), {}, "Refused: a target of 106 is no gain for a LONG position at 110: it belongs above that"),
        (
            D(102),
            {"direction": Direction.SHORT, "trend": -0.5, "stop": D(102), "target": D(94)},
            "Refused: a stop of 102 does not protect a SHORT position at 102: it belongs above that",
        ),
    ],
)
def test_a_signal_whose_levels_the_market_has_passed_is_declined(
    last: Decimal, changed: dict[str, object], sentence: str
) -> None:
    """It would be entered at the market, and be closed by its own stop or target at once."""
    eve = Asking()
    signal = fresh(eve, **{"stop": D(98), "target": D(106), **changed})
    eve.prices[BTC] = last
    assert eve.declined(RaiseSignal(outside(signal))).startswith(sentence)
    skipped = replace(signal, confidence=0.1, candle_closed_at=eve.desk.at)
    assert eve.accepted(RaiseSignal(outside(skipped))) == ["SignalDetected", "DecisionMade"]


def test_a_discrepancy_is_settled_once() -> None:
    eve = Asking()
    eve.desk.ask(RecordDiscrepancy("d-1", BTC, "1 more"), cause="exchange:test:d-1")
    assert "no discrepancy has the id d-2: `whence reconcile` lists the ids" in eve.declined(
        ResolveDiscrepancy("d-2", "what?")
    )
    assert eve.accepted(ResolveDiscrepancy("d-1", "a test")) == ["DiscrepancyResolved"]
    assert eve.accepted(ResolveDiscrepancy("d-1", "a test")) == []


BALANCE = "difference:BalanceDiffers:USDT:-1000"


def with_a_difference(eve: Asking, name: str = BALANCE) -> Asking:
    eve.desk.ask(RecordDiscrepancy(name, "USDT", "1000 less"), cause=f"exchange:test:{name}")
    return eve


def test_a_withdrawal_that_resolves_a_discrepancy_changes_the_balance_and_is_no_loss_of_its_day() -> None:
    trips = Settings(risk=RiskSettings(max_daily_loss=D("0.01"), on_daily_loss=OnDailyLoss.TRIP))
    eve = with_a_difference(Asking(trips))
    eve.desk.handle(Tick(eve.desk.at))
    before = eve.desk.world.portfolio.account
    made = ResolveDiscrepancy(BALANCE, "to the savings account", D(-1000))
    assert eve.accepted(made) == ["BalanceChanged", "DiscrepancyResolved", "DiscrepancyEnded"]
    account = eve.desk.world.portfolio.account
    assert account.balance == before.balance - 1000
    assert (account.day_realised, account.tripped) == (before.day_realised, "")
    assert not eve.desk.world.portfolio.discrepancies.unresolved
    assert eve.accepted(made) == []


@pytest.mark.parametrize(
    ("name", "amount", "sentence"),
    [
        (BALANCE, D(-20_000), "Refused: a transfer of -20000 takes more than the balance of"),
        (BALANCE, D("-999.99"), "Refused: a transfer of -999.99 leaves the balance different"),
        (BALANCE, D(1000), "Refused: a transfer of 1000 leaves the balance different"),
        (BALANCE, D(0), "InvalidInput: a transfer of 0 is no sum of money"),
        (BALANCE, D("NaN"), "InvalidInput: a transfer of NaN is no sum of money"),
        (BALANCE, D("1e-19"), "InvalidInput: a transfer of 1E-19 is above 1E+18 or finer than 1E-18"),
        ("d-1", D(5), "Refused: d-1 is no discrepancy of the balance in USDT"),
        (
            "difference:BalanceDiffers:BTC:1",
            D(5),
            "Refused: difference:BalanceDiffers:BTC:1 is no discrepancy",
        ),
    ],
)
def test_a_transfer_that_explains_no_difference_of_the_balance_is_declined(
    name: str, amount: Decimal, sentence: str
) -> None:
    eve = with_a_difference(Asking(), name)
    assert eve.declined(ResolveDiscrepancy(name, "a transfer", amount)).startswith(sentence)
    assert eve.desk.world.portfolio.discrepancies.unresolved == {name}


def test_a_transfer_of_another_amount_is_declined_with_the_exact_one() -> None:
    eve = with_a_difference(Asking(), "difference:BalanceDiffers:USDT:26.67589615#2")
    rounded = ResolveDiscrepancy("difference:BalanceDiffers:USDT:26.67589615#2", "a fee", D("26.67"))
    assert eve.declined(rounded).endswith("is about 26.67589615 USDT: state transfer 26.67589615")
    assert "BalanceChanged" in eve.accepted(replace(rounded, transfer=D("26.675896150")))


@pytest.mark.parametrize("is_another_unresolved", [False, True])
def test_a_transfer_for_a_discrepancy_that_is_resolved_changes_nothing_and_states_why(
    is_another_unresolved: bool,
) -> None:
    eve = with_a_difference(Asking())
    eve.accepted(ResolveDiscrepancy(BALANCE, "over"))
    if is_another_unresolved:
        with_a_difference(eve, "difference:BalanceDiffers:USDT:-1")
    answer = eve.ask(ResolveDiscrepancy(BALANCE, "to the savings account", D(-1000)))
    assert isinstance(answer, Completed)
    assert (answer.events, answer.note) == ((), f"the discrepancy {BALANCE} is resolved already")


def test_a_transfer_for_an_id_that_no_discrepancy_has_is_declined() -> None:
    reason = Asking().declined(ResolveDiscrepancy("difference:BalanceDiffers:USDT:5", "a bonus", D(5)))
    assert reason.startswith("Refused: no discrepancy has the id difference:BalanceDiffers:USDT:5")


def test_a_transfer_waits_until_one_discrepancy_of_the_balance_is_left() -> None:
    eve, other = with_a_difference(Asking()), "difference:BalanceDiffers:USDT:-1"
    eve.desk.ask(RecordDiscrepancy(other, "USDT", "another amount"), cause="exchange:test:other")
    transfer = ResolveDiscrepancy(BALANCE, "to the savings account", D(-1000))
    assert f"{other} is unresolved, too" in eve.declined(transfer)
    eve.accepted(ResolveDiscrepancy(other, "over"))
    assert eve.accepted(transfer)[:2] == ["BalanceChanged", "DiscrepancyResolved"]


def test_a_transfer_for_an_amount_that_was_found_before_the_balance_changed_waits_for_the_next_comparison() -> (
    None
):
    eve = Asking()
    here = eve.desk.world.portfolio.account.balance
    text = f"BalanceDiffers: the balance is {here} here and {here - 1000} at the exchange"
    eve.desk.ask(RecordDiscrepancy(BALANCE, "USDT", text), cause="exchange:test:found")
    eve.desk.ask(SettleBalance(BalanceReason.FUNDING, D(-3)), cause="exchange:test:funding")
    transfer = ResolveDiscrepancy(BALANCE, "to the savings account", D(-1000))
    assert f"the balance of the log has changed since {BALANCE} was found" in eve.declined(transfer)
    assert eve.desk.world.portfolio.account.balance == here - 3
    eve.desk.ask(SettleBalance(BalanceReason.FUNDING, D(3)), cause="exchange:test:back")
    assert "BalanceChanged" in eve.accepted(transfer)


def test_pausing_a_strategy_whose_instances_have_other_ids_is_declined_with_their_ids() -> None:
    slow, fast = (StrategySettings(id=name, strategy="trend") for name in ("slow", "fast"))
    eve = Asking(Settings(strategies=(slow, fast)))
    assert eve.declined(PauseStrategy("trend", "news")) == (
        "Refused: trend is run as slow, fast: pause each of these by its own id"
    )
    assert eve.accepted(PauseStrategy("slow", "news")) == ["SettingsChanged"]


def test_an_outside_signal_with_the_id_of_a_configured_strategy_is_declined() -> None:
    eve = Asking()
    forged = replace(outside(fresh(eve)), strategy="trend")
    assert eve.declined(RaiseSignal(forged)) == (
        "Refused: trend is a strategy of this engine: a signal from outside needs another name"
    )


FORGED: Mapping[str, str] = {
    "person": "InvalidInput: no scanner may be called person",
    "engine": "InvalidInput: no scanner may be called engine",
    "exchange": "InvalidInput: no scanner may be called exchange",
    "Engine ": "InvalidInput: no scanner may be called Engine",
    "system": "InvalidInput: no scanner may be called system",
    "trend": "Refused: trend is a strategy of this engine",
    "TREND": "Refused: TREND is a strategy of this engine",
    " trend": "Refused:  trend is a strategy of this engine",
    "\uff54\uff52\uff45\uff4e\uff44": "Refused: \uff54\uff52\uff45\uff4e\uff44 is a strategy of this engine",
    "tr\u200bend": "InvalidInput: the strategy has U+200B",
    "\u202ednert": "InvalidInput: the strategy has U+202E",
    "slow": "Refused: slow is a strategy of this engine",
    "gone": "Refused: gone is a strategy of this engine",
}


@pytest.mark.parametrize(("name", "refused"), FORGED.items(), ids=map(ascii, FORGED))
def test_a_signal_from_outside_may_have_no_name_of_this_system_or_of_a_strategy(
    name: str, refused: str
) -> None:
    """Also of a strategy that was configured once, and of the built-in ones that are not configured."""
    eve = Asking(Settings(strategies=(StrategySettings(id="gone", strategy="trend"),)))
    changed = Settings(strategies=(StrategySettings(id="slow", strategy="trend"),))
    eve.desk.ask(settings_commands.ChangeSettings(changed), cause="command:change")
    head = eve.desk.log.head()
    forged = replace(outside(fresh(eve)), strategy=name)
    assert eve.declined(RaiseSignal(forged)).startswith(refused)
    assert eve.desk.log.head() == head
