"""The id of a new log is a hash of an explicit form. Logs of earlier versions that are made again get the same ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.tapes import read_tape, synthetic_tape
from domain.arms.settings import ArmSettings
from domain.book.settings import BookSettings, OwnBookSettings
from domain.filters.settings import FilterSettings, OwnFilterSettings
from domain.instrument import Instrument
from domain.leverage.settings import LeverageSettings
from domain.limits.settings import LimitSettings, OwnLimitSettings
from domain.management.settings import ManagementSettings, OwnManagementSettings
from domain.margin.settings import MarginSettings
from domain.models.settings import ModelSettings, OwnModelSettings
from domain.regimes.settings import RegimeLimits, RegimeSettings
from domain.settings import (
    CapSettings,
    ExternalRule,
    FlipSettings,
    IntentSettings,
    OnDailyLoss,
    OnKill,
    OnOpposite,
    OrphanRule,
    OrphanSettings,
    OwnFlipSettings,
    OwnIntentSettings,
    ReconciliationSettings,
    RiskSettings,
    Settings,
    StrategySettings,
)
from domain.sizing.settings import OwnSizingSettings, SizingRule, SizingSettings
from domain.venues.settings import VenueSettings
from domain.weights.scale import WeightScale
from domain.weights.settings import WeightSettings
from infra.config import load
from infra.run import log_id
from infra.run.plan import Plan, plan_of
from infra.run.stake import Stake
from infra.trading import trading_settings
from tests.domain.history import BTC
from tests.old_logs.logs import FOLDER, TAPES, as_printed
from tests.replacing import replace

D = Decimal
(TAPE,) = synthetic_tape(1, ["BTCUSDT"], candles=30)


def plan(
    settings: Settings | None = None,
    account: str = "paper",
    balance: int = 10_000,
    leverage: int = 1,
) -> Plan:
    return plan_of([TAPE], account, D(balance), D(leverage), settings or Settings())


@pytest.mark.parametrize("name", TAPES)
def test_a_recorded_log_made_again_from_its_tape_and_settings_has_the_same_id(name: str) -> None:
    settings = load(config=str(FOLDER / name / "whence.toml"))
    tapes = [read_tape(FOLDER / name / file, now=datetime.now(UTC)) for file in TAPES[name]]
    made = plan_of(
        tapes,
        settings.account,
        settings.starting_balance,
        settings.leverage,
        trading_settings(settings.trading),
    )
    assert str(made.opening.log_id) == as_printed(name)[0]["data"]["log_id"]


CHANGES: Mapping[str, Plan] = {
    "account": plan(account="other"),
    "balance": plan(balance=9_000),
    "leverage": plan(leverage=2),
    "parameters": plan(Settings(strategies=(StrategySettings("trend", {"fast": "10"}),))),
    "freshness": plan(Settings(order_freshness_seconds=61)),
    "risk": plan(Settings(risk=RiskSettings(max_positions=2))),
    "win rate": plan(Settings(risk=RiskSettings(minimum_win_rate=D(0)))),
    "paused": plan(Settings(paused=("trend",))),
    "reversing others": plan(Settings(reverse_others=True)),
    "intents": plan(Settings(intents=IntentSettings(hold_series=True))),
    "additions": plan(Settings(intents=IntentSettings(additions=1))),
    "repeats": plan(Settings(intents=IntentSettings(repeats=2))),
    "own intents": plan(
        Settings(strategies=(StrategySettings("trend", intents=OwnIntentSettings(repeats=0)),))
    ),
    "sizing": plan(Settings(sizing=SizingSettings(rule=SizingRule.MINIMUM))),
    "Kelly": plan(Settings(sizing=SizingSettings(kelly_cap=D("0.2")))),
    "own sizing": plan(
        Settings(strategies=(StrategySettings("trend", sizing=OwnSizingSettings(risk=D("0.01"))),))
    ),
    "margin": plan(Settings(margin=MarginSettings(max_in_use=D("0.5")))),
    "flips": plan(Settings(flips=FlipSettings(repeats=2))),
    "regimes": plan(Settings(regimes=RegimeSettings(confirmations=2))),
    "limits of a regime": plan(Settings(regimes=RegimeSettings(range=RegimeLimits(minimum_trend=0.0)))),
    "filters": plan(Settings(filters=FilterSettings(minimum_adx=25.0))),
    "own filters": plan(
        Settings(strategies=(StrategySettings("trend", filters=OwnFilterSettings(minimum_adx=0)),))
    ),
    "management": plan(Settings(management=ManagementSettings(trailing_levels=("0.02:0.01",)))),
    "own management": plan(
        Settings(strategies=(StrategySettings("trend", management=OwnManagementSettings(largest_loss=D(0))),))
    ),
    "limits": plan(Settings(limits=LimitSettings(account_losses=3))),
    "venues": plan(Settings(venues=VenueSettings(equal=(f"{BTC}=XBTUSDT-LINEAR.BYBIT",)))),
    "groups": plan(Settings(groups={"coins": ("BTC",)})),
    "own limits": plan(
        Settings(strategies=(StrategySettings("trend", limits=OwnLimitSettings(strategy_losses=0)),))
    ),
    "own flips": plan(Settings(strategies=(StrategySettings("trend", flips=OwnFlipSettings(repeats=0)),))),
    "reversing": plan(Settings(on_opposite=OnOpposite.REVERSE)),
    "daily loss": plan(Settings(risk=RiskSettings(on_daily_loss=OnDailyLoss.TRIP))),
    "caps": plan(Settings(caps=CapSettings(max_deviation=D("0.05")))),
    "external orders": plan(
        Settings(reconciliation=ReconciliationSettings(external_orders=ExternalRule.ADOPT))
    ),
    "orphans": plan(Settings(orphans=OrphanSettings(OrphanRule.CLOSE))),
    "instance": plan(Settings(strategies=(StrategySettings(id="quick", strategy="trend"),))),
    "instruments": plan(Settings(strategies=(StrategySettings("trend", instruments=(BTC,)),))),
    "own trend": plan(Settings(strategies=(StrategySettings("trend", minimum_trend=0.0),))),
    "own ratio": plan(Settings(strategies=(StrategySettings("trend", minimum_reward_to_risk=D(0)),))),
    "interval": plan(Settings(strategies=(StrategySettings("trend", interval="15m"),))),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_a_plan_with_one_change_has_another_log_id(changed: str) -> None:
    assert CHANGES[changed].opening.log_id != plan().opening.log_id


def test_an_addition_to_a_table_leaves_the_ids_of_logs_that_do_not_use_it() -> None:
    form = log_id.settings_form(Settings(intents=IntentSettings(hold_series=True)))
    assert list(form["intents"]) == ["hold_series", "reinforce_confidence", "noise_confidence"]


def test_a_setting_added_to_a_table_of_the_first_form_is_part_of_it_where_it_is_not_neutral() -> None:
    form = log_id.settings_form(Settings(sizing=SizingSettings(cut_to_max_risk=True)))
    assert list(form["sizing"]) == ["rule", "quantity", "percent", "risk", "cut_to_max_risk"]


def test_a_later_setting_with_its_neutral_value_is_not_part_of_the_form() -> None:
    """A minimum win rate of 0 switches the limit off, so its window does not matter."""
    off = [RiskSettings(minimum_win_rate=D(0), win_rate_window=window) for window in (10, 50)]
    one, other = (plan(Settings(risk=risk)).opening.log_id for risk in off)
    assert one == other


def test_the_form_names_every_setting_and_every_field_of_an_instrument() -> None:
    named = {"strategies", "order_freshness_seconds", *log_id.GROUPS}
    named |= {f"{group}.{name}" for group, names in log_id.GROUPS.items() for name in names}
    everything = replace(
        Settings(),
        paused=("trend",),
        risk=RiskSettings(minimum_win_rate=D("0.4"), on_kill=OnKill.CLOSE, on_daily_loss=OnDailyLoss.TRIP),
        caps=CapSettings(max_orders_per_minute=1),
        reverse_others=True,
        on_opposite=OnOpposite.REVERSE,
        flips=FlipSettings(repeats=2),
        intents=IntentSettings(hold_series=True),
        filters=FilterSettings(timeframe="15m"),
        margin=MarginSettings(max_in_use=D("0.5")),
        regimes=RegimeSettings(confirmations=2),
        management=ManagementSettings(time_limit_seconds=60),
        weights=WeightSettings(scales=WeightScale.CONFIDENCE),
        leverage=LeverageSettings(confirmations=2),
        groups={"coins": ("BTC",)},
        limits=LimitSettings(account_losses=3),
        models=ModelSettings(maximum_risk=0.2),
        arms=ArmSettings(share=0.5),
        book=BookSettings(levels=5),
        venues=VenueSettings(equal=(f"{BTC}=XBTUSDT-LINEAR.BYBIT",)),
        orphans=OrphanSettings(OrphanRule.CLOSE),
        reconciliation=ReconciliationSettings(external_orders=ExternalRule.ADOPT),
    )
    named |= {path for path, _ in log_id.later(everything)}
    later = (*log_id.LATER_GROUPS.items(), *log_id.LATER_NAMES.items())
    named |= {f"{group}.{name}" for group, names in later for name in names}
    assert named == set(_paths(Settings()))
    strategy = tuple(field.name for field in fields(StrategySettings))
    own = StrategySettings(
        minimum_trend=0.0,
        minimum_reward_to_risk=D(0),
        flips=OwnFlipSettings(repeats=0),
        intents=OwnIntentSettings(additions=0),
        filters=OwnFilterSettings(minimum_adx=0.0),
        sizing=OwnSizingSettings(risk=D(0)),
        management=OwnManagementSettings(time_limit_seconds=0),
        limits=OwnLimitSettings(strategy_losses=0),
        models=OwnModelSettings(maximum_risk=0.2),
        book=OwnBookSettings(stale_seconds=5),
    )
    limits = [name.partition(".")[0] for name in own.own_limits]
    assert strategy == (*log_id.STRATEGY, *log_id.INSTANCE, *limits)
    assert tuple(field.name for field in fields(OwnFlipSettings)) == log_id.LATER_GROUPS["flips"]
    of_intents = (*log_id.LATER_GROUPS["intents"], *log_id.LATER_NAMES["intents"])
    assert tuple(field.name for field in fields(OwnIntentSettings)) == of_intents
    assert tuple(field.name for field in fields(OwnFilterSettings)) == log_id.LATER_GROUPS["filters"]
    of_sizing = (*log_id.GROUPS["sizing"], *log_id.LATER_NAMES["sizing"])
    assert tuple(field.name for field in fields(OwnSizingSettings)) == of_sizing
    of_management = (*log_id.LATER_GROUPS["management"], *log_id.LATER_NAMES["management"])
    assert tuple(field.name for field in fields(OwnManagementSettings)) == of_management
    assert {field.name for field in fields(OwnLimitSettings)} < set(log_id.LATER_GROUPS["limits"])
    assert {field.name for field in fields(OwnBookSettings)} < set(log_id.LATER_GROUPS["book"])
    assert Instrument.__struct_fields__ == log_id.INSTRUMENT
    assert tuple(field.name for field in fields(Stake)) == log_id.STAKE


def _paths(settings: Settings) -> list[str]:
    found = list[str]()
    for field in fields(settings):
        value = getattr(settings, field.name)
        found.append(field.name)
        if is_dataclass(value):
            found += [f"{field.name}.{one.name}" for one in fields(value)]
    return found
