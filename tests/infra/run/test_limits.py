"""Limits in runs on a tape: each refuses entries that a run without it makes, and each decision is made again."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite, read_sqlite
from adapters.tapes import synthetic_tape
from commands.starting import with_strategies
from commands.world import World
from commands.world_snapshot import captured, pieces, restored
from domain.adjusting import adjusted, adjusted_before_opening
from domain.errors import InvalidSettings, Refused
from domain.limits.settings import GROUPS, LimitSettings, OnMissing, OwnLimitSettings
from domain.log import Envelope, Recorded
from domain.pause import EntriesPaused, EntriesResumed
from domain.settings import Settings
from domain.signal import DecisionMade, SignalDetected
from infra.cli.changes import change_of
from infra.config import WhenceSettings
from infra.run.redeciding import Redecision
from infra.search.settings_file import settings_text
from infra.trading import trading_settings
from projections.chain import missing_causes
from projections.explained.decisions import decisions_of
from tests.commands.list_log import ListLog
from tests.infra.run.taped import INSTANTS, frames, replayed, trade
from tests.infra.run.taped import TAPES as TAPED
from tests.infra.run.test_reversing import FAST
from tests.infra.run.test_series import KEEN
from tests.infra.run.test_skipping import played
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT", "SOLUSDT"], candles=1_500)
COARSE = replace(FAST, id="coarse", interval="15m")
EACH: dict[str, dict[str, Any]] = {
    "MAX_GROUP_POSITIONS": {"max_group_positions": 1},
    "MAX_CORRELATED_POSITIONS": {
        "max_correlated_positions": 1,
        "correlation": 0.05,
        "correlation_hours": 24,
        "on_missing_correlation": OnMissing.NOTE,
    },
    "CORRELATION_MISSING": {"max_correlated_positions": 1, "correlation": 1.0, "correlation_hours": 60},
    "ACCOUNT_PAUSED_AFTER_LOSSES": {"account_losses": 4, "account_pause_seconds": 7_200},
    "STRATEGY_PAUSED_AFTER_LOSSES": {"strategy_losses": 4, "strategy_pause_seconds": 7_200},
}
ALL = LimitSettings(
    max_group_positions=2,
    max_correlated_positions=2,
    correlation=0.05,
    correlation_hours=24,
    account_losses=5,
    account_pause_seconds=5_000,
    strategy_losses=3,
    strategy_pause_seconds=9_000,
)


def with_limits(limits: LimitSettings) -> Settings:
    return replace(EAGER, strategies=(FAST, COARSE), limits=limits)


def run(limits: LimitSettings) -> list[Envelope]:
    return play(plan(TAPES, with_limits(limits)), ListLog())


@pytest.fixture(scope="module")
def free() -> Sequence[Envelope]:
    return run(LimitSettings())


@pytest.fixture(scope="module")
def limited() -> Sequence[Envelope]:
    return run(ALL)


def reasons_of(envelopes: Sequence[Envelope]) -> Counter[str]:
    return Counter(
        reason for one in envelopes if isinstance(one.event, DecisionMade) for reason in one.event.reasons
    )


def recorded(envelopes: Sequence[Envelope]) -> Sequence[Recorded]:
    log = ListLog()
    log.append(envelopes)
    return list(log.read())


def reasons(decision: DecisionMade | None) -> Sequence[str]:
    return () if decision is None else decision.reasons


@pytest.mark.parametrize("reason", EACH)
def test_a_limit_alone_refuses_entries_that_a_run_without_it_makes_and_explain_names_it(
    reason: str, free: Sequence[Envelope]
) -> None:
    kept = run(LimitSettings(**EACH[reason]))
    assert reasons_of(free)[reason] == 0
    assert reasons_of(kept)[reason] > 0
    assert 0 < reasons_of(kept)["ALL_APPROVE"] < reasons_of(free)["ALL_APPROVE"]
    refused = [one for one in decisions_of(recorded(kept), ()) if reason in reasons(one.decision)]
    margins = [margin for one in refused for margin in one.to_pass if margin.reason == reason]
    assert len(margins) == len(refused) > 0
    assert all(margin.is_recorded for margin in margins)


def test_signals_without_the_limit_have_the_inputs_of_their_strategy_alone(free: Sequence[Envelope]) -> None:
    names = {name for one in free if isinstance(one.event, SignalDetected) for name in one.event.inputs}
    assert not any(name.startswith("hourly_correlation.") for name in names)


def test_pauses_begin_after_losses_and_end_at_the_first_candle_after_their_time(
    limited: Sequence[Envelope],
) -> None:
    until: dict[str, Any] = {}
    ended = Counter[str]()
    for envelope in limited:
        match envelope.event:
            case EntriesPaused(owner=owner, until=end):
                assert owner not in until
                until[owner] = end
            case EntriesResumed(owner=owner, reason=reason):
                late = envelope.meta.recorded_at - until.pop(owner)
                assert reason == ""
                assert 0 <= late.total_seconds() < TAPES[0].interval.total_seconds()
                ended[owner] += 1
            case _:
                pass
    assert ended.keys() == {"", FAST.id, COARSE.id}


def test_every_decision_is_made_again_from_the_log(limited: Sequence[Envelope]) -> None:
    redecision, log = Redecision(), ListLog()
    log.append(limited)
    list(redecision.steps(log.read()))
    assert redecision.is_equal
    assert redecision.made["DecisionMade"] > 0
    assert list(missing_causes(log.read())) == []


@pytest.mark.parametrize("kind", [EntriesPaused, EntriesResumed])
def test_a_run_that_stopped_at_a_pause_goes_on_to_the_same_events(
    limited: Sequence[Envelope], kind: type
) -> None:
    at = [number for number, one in enumerate(limited) if isinstance(one.event, kind)]
    recorded_at = limited[at[len(at) // 2]].meta.recorded_at
    end = next(number for number, one in enumerate(limited) if one.meta.recorded_at == recorded_at)
    log = ListLog()
    log.append(limited[:end])
    assert play(plan(TAPES, with_limits(ALL)), log) == limited


def test_a_run_that_passes_over_candles_makes_the_same_log_to_the_byte() -> None:
    made = plan(TAPES, with_limits(ALL))
    assert played(made, skips=True)[0] == played(made, skips=False)[0]


def test_a_snapshot_has_the_pauses_and_the_losses_in_a_row(limited: Sequence[Envelope]) -> None:
    end = next(number for number, one in enumerate(limited) if isinstance(one.event, EntriesPaused)) + 1
    folded = World().fold_all(limited[:end])
    found = restored([b"".join(pieces(captured(folded)))])
    assert found.portfolio.pauses == folded.portfolio.pauses != {}
    assert found.portfolio.streaks == folded.portfolio.streaks != {}


def test_sessions_with_pauses_and_groups_are_made_again_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "whence.db"
    limits = LimitSettings(max_group_positions=1, account_losses=1, account_pause_seconds=3_600)
    made = plan(TAPED, replace(EAGER, strategies=(KEEN,), limits=limits))
    for first, upto in ((60, 150), (160, len(INSTANTS))):
        trade(path, first, upto, plan=made)
    with closing(open_sqlite(tmp_path / "again.db", AvroCodec())) as again:
        replay = replayed(path, into=again)
    assert (replay.difference, replay.sessions) == (None, 2)
    assert frames(tmp_path / "again.db") == frames(path)
    with closing(read_sqlite(path, AvroCodec())) as log:
        kinds = Counter(type(one.envelope.event) for one in log.read())
    assert kinds[EntriesPaused] >= kinds[EntriesResumed] > 0


TABLE = """
[trading.limits]
max_group_positions = 3
on_missing_correlation = "NOTE"
[trading.groups]
coins = ["BTC", "ETHUSDT-LINEAR.BYBIT"]
[[trading.strategies]]
name = "trend"
limits = { strategy_losses = 3 }
"""


def test_the_tables_are_read_from_a_settings_file_and_written_into_another() -> None:
    given = tomllib.loads(TABLE)["trading"]
    settings = trading_settings(given)
    assert settings.limits == LimitSettings(max_group_positions=3, on_missing_correlation=OnMissing.NOTE)
    assert settings.groups == {"coins": ("BTC", "ETHUSDT-LINEAR.BYBIT")}
    assert settings.strategies[0].limits == OwnLimitSettings(strategy_losses=3)
    text = settings_text(WhenceSettings(trading=given), change_of([], [], None), settings, "found")
    assert trading_settings(tomllib.loads(text)["trading"]) == settings


def test_limits_are_changed_while_an_engine_runs_and_groups_at_a_start() -> None:
    changed = adjusted(Settings(), {"limits.account_losses": "3", "limits.on_missing_correlation": "note"})
    assert changed.limits == LimitSettings(account_losses=3, on_missing_correlation=OnMissing.NOTE)
    with pytest.raises(Refused, match=r"configure them in whence.toml and start again"):
        adjusted(Settings(), {"groups": "coins"})
    with pytest.raises(Refused, match="name it with --config"):
        adjusted_before_opening(Settings(), {"groups": "coins"}, "trading.")
    configured = replace(Settings(), groups={"coins": ("BTC",)}, limits=LimitSettings(account_losses=3))
    assert with_strategies(Settings(), configured) == replace(Settings(), groups={"coins": ("BTC",)})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"groups": {"coins": ["btc"]}}, "trading.groups.coins: 'btc' is neither a base currency"),
        ({"groups": {"Coins": ["BTC"]}}, "trading.groups: 'Coins' is no name of a group"),
        ({"limits": {"correlation": 1.5}}, "trading.limits.correlation = 1.5 must be in 0 … 1"),
        ({"limits": {"max_losses": 3}}, "trading.limits.max_losses: no such setting"),
        ({"limits": {"on_missing_correlation": "IGNORE"}}, "trading.limits.on_missing_correlation"),
        (
            {"strategies": [{"name": "trend", "limits": {"strategy_losses": 101}}]},
            "limits.strategy_losses = 101 (id trend) must be in 0 … 100",
        ),
    ],
)
def test_a_setting_of_limits_that_cannot_be_read_is_refused_by_its_place(
    table: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        trading_settings(table)
    assert message in str(refused.value)


def test_each_built_in_group_has_coins_and_no_coin_twice() -> None:
    for members in GROUPS.values():
        assert len(set(members)) == len(members) > 0
