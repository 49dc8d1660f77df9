"""A log is resumed by the plan that made it; another plan is refused with every difference."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from adapters.tapes import synthetic_tape
from commands.account import TripKillSwitch
from domain.errors import InvalidInput, TapeMismatch
from domain.log import Envelope
from domain.management.settings import OwnManagementSettings
from domain.opening import Mode
from domain.settings import RiskSettings, Settings, StrategySettings
from infra.run.demo_log import PAPER_LIVE
from infra.run.live import SOURCE
from infra.run.plan import Plan, plan_of
from infra.run.resuming import differing, resumed
from tests.commands.desk import Desk
from tests.commands.list_log import ListLog
from tests.domain.history import LOG_ID
from tests.journeys.runs import play
from tests.replacing import replace

D = Decimal
BTC, ETH = synthetic_tape(1, ["BTCUSDT", "ETHUSDT"], candles=30)


def plan(*tapes: object, settings: Settings | None = None, leverage: int = 1, account: str = "paper") -> Plan:
    given = [tape for tape in (BTC, ETH) if tape in tapes] or [BTC]
    return plan_of(given, account, D(10_000), D(leverage), settings or Settings())


DIFFERENCES: tuple[tuple[Callable[[], Plan], str], ...] = (
    (
        lambda: plan(ETH),
        "the tape differs; BTCUSDT-LINEAR.BYBIT is in the log only; ETHUSDT-LINEAR.BYBIT is in this",
    ),
    (lambda: plan(BTC, ETH), "the tape differs; ETHUSDT-LINEAR.BYBIT is in this plan only"),
    (lambda: plan(account="other"), "its account is paper, not other"),
    (lambda: plan(leverage=2), "leverage is 1 in the log and 2 here"),
    (
        lambda: plan(settings=Settings(risk=RiskSettings(max_positions=2), order_freshness_seconds=5)),
        "risk.max_positions is 5 in the log and 2 here; order_freshness_seconds is 60 in the log and 5 here",
    ),
    (
        lambda: plan(settings=Settings(strategies=(StrategySettings("trend", {"fast": "7"}),))),
        "strategy trend: fast is left out in the log and 7 here",
    ),
    (
        lambda: plan(settings=Settings(strategies=(StrategySettings("trend", interval="15m"),))),
        "strategy trend: interval is empty in the log and 15m here",
    ),
    (
        lambda: plan(
            settings=Settings(
                strategies=(
                    StrategySettings(
                        "trend",
                        management=OwnManagementSettings(
                            largest_loss=D("0.02"), partial_closes=("0.01:0.5",)
                        ),
                    ),
                )
            )
        ),
        (
            "strategy trend: management.largest_loss is left out in the log and 0.02 here; "
            "strategy trend: management.partial_closes is left out in the log and (0.01:0.5) here"
        ),
    ),
    (
        lambda: plan(settings=Settings(strategies=(StrategySettings(id="slow", strategy="trend"),))),
        "strategy slow is in this plan only; strategy trend is in the log only",
    ),
)


@pytest.fixture
def log() -> ListLog:
    made = ListLog()
    play(plan(), made)
    return made


@pytest.mark.parametrize(("other", "words"), DIFFERENCES)
def test_a_log_of_another_plan_is_refused_with_every_difference(
    log: ListLog, other: Callable[[], Plan], words: str
) -> None:
    with pytest.raises(TapeMismatch) as refused:
        resumed(other(), log)
    assert f"this log was made by another run: {words}" in str(refused.value)
    assert "or play what this one was made from" in str(refused.value)


def test_an_empty_log_keeps_the_plan_unchanged() -> None:
    assert resumed(plan(), ListLog()) == plan()


def test_the_log_id_is_read_from_the_log_and_not_computed(log: ListLog) -> None:
    """The log may come from an earlier version of the program that computed ids differently."""
    renamed = ListLog()
    first, *later = log.envelopes
    event = replace(first.event, log_id=LOG_ID)
    renamed.envelopes = [replace(first, event=event), *later]
    assert resumed(plan(), renamed).opening.log_id == LOG_ID


def test_a_log_of_unknown_simulator_rules_is_refused_with_their_version(log: ListLog) -> None:
    renamed = ListLog()
    first, *later = log.envelopes
    renamed.envelopes = [replace(first, event=replace(first.event, simulator=99)), *later]
    with pytest.raises(
        InvalidInput, match="made by version 99 of the simulator's rules, and this program plays 1, 2"
    ):
        resumed(plan(), renamed)


def test_a_log_that_does_not_begin_with_log_opened_is_refused() -> None:
    desk = Desk().opened()
    desk.ask(TripKillSwitch("lunch"), cause="command:1")
    stray = ListLog()
    stray.envelopes = desk.log.envelopes[-1:]
    with pytest.raises(InvalidInput, match="does not begin with LogOpened but with KillSwitchTripped"):
        resumed(plan(), stray)


@pytest.mark.parametrize(
    ("source", "opened_by"),
    [
        (SOURCE, "`whence live`"),
        (PAPER_LIVE, "`whence paper --live`"),
        ("manual", "a run without candles"),
    ],
)
def test_a_tape_on_a_log_that_was_not_opened_for_candles_is_refused_with_the_command_that_opened_it(
    log: ListLog, source: str, opened_by: str
) -> None:
    first, *later = log.envelopes
    meta, event = replace(first.meta, source=source), replace(first.event, mode=Mode.LIVE, tape="")
    with pytest.raises(TapeMismatch) as refused:
        resumed(plan(), ListLog([Envelope(meta, event), *later]))
    assert str(refused.value).startswith(f"this log was opened by {opened_by}, and not for candles")


def test_each_setting_that_differs_from_the_logs_is_named() -> None:
    lower = Settings(risk=RiskSettings(max_positions=1), order_freshness_seconds=5)
    assert differing(Settings(), lower) == [
        "risk.max_positions is 5 in the log and 1 here",
        "order_freshness_seconds is 60 in the log and 5 here",
    ]
    assert differing(lower, lower) == []
