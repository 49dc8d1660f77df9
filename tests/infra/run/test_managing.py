"""The manager of open positions in runs on a tape: each rule, skipping, stops of the run, decisions made again."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from adapters.log.sqlite import read_sqlite as read_log
from adapters.tapes import synthetic_tape
from commands.world import World
from commands.world_snapshot import captured, pieces, restored
from domain.direction import Purpose
from domain.log import Envelope
from domain.managed import ManagedBy, PositionManaged, Rule
from domain.management import RULES_VERSION
from domain.management.settings import ManagementSettings, OwnManagementSettings
from domain.market import PriceSource
from domain.order import OrderAmended, OrderAmendRequested
from domain.position import PositionClosed
from domain.regime import Regime
from domain.regimes.settings import RegimeLimits, RegimeSettings
from domain.settings import Settings
from infra.cli.changes import change_of
from infra.config import WhenceSettings
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import candle_recording
from infra.run.redeciding import Redecision
from infra.search.settings_file import settings_text
from infra.trading import trading_settings
from projections.chain import missing_causes
from projections.explained.orders import orders_of
from projections.explained.positions import positions_of
from projections.reports.book import Book
from projections.reports.figures import Scope
from projections.reports.period import Period
from projections.reports.results import By
from projections.sentences import plain, sentence
from projections.trades import Trades
from tests.commands.list_log import ListLog
from tests.infra.run.taped import INSTANTS, frames, replayed, trade
from tests.infra.run.taped import TAPES as SESSION_TAPES
from tests.infra.run.test_reversing import FAST, SLOW
from tests.infra.run.test_series import KEEN
from tests.infra.run.test_skipping import played
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

D = Decimal
TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1_500)
RULES = ManagementSettings(
    trailing_levels=("0.002:0.001", "0.005:0.002"),
    break_even_at=D("0.0015"),
    largest_loss=D("0.004"),
    time_limit_seconds=1_500,
)
OF_THESE = {Rule.LARGEST_LOSS, Rule.TIME_LIMIT, Rule.BREAK_EVEN, Rule.TRAILING_STOP}


def managed_by(rules: ManagementSettings) -> Settings:
    return replace(EAGER, strategies=(FAST, SLOW), management=rules)


@pytest.fixture(scope="module")
def recorded() -> Sequence[Envelope]:
    return play(plan(TAPES, managed_by(RULES)), ListLog())


def actions(envelopes: Sequence[Envelope]) -> Sequence[PositionManaged]:
    return [one.event for one in envelopes if isinstance(one.event, PositionManaged)]


def test_a_run_has_actions_of_every_rule_and_closes_each_position_once(recorded: Sequence[Envelope]) -> None:
    found = Counter(one.rule for one in actions(recorded))
    assert set(found) == OF_THESE
    closed = Counter(one.meta.stream for one in recorded if isinstance(one.event, PositionClosed))
    assert set(closed.values()) == {1}
    log = ListLog()
    log.append(recorded)
    assert not list(missing_causes(log.read()))


ALONE = {
    Rule.TRAILING_STOP: ManagementSettings(trailing_levels=RULES.trailing_levels),
    Rule.BREAK_EVEN: ManagementSettings(break_even_at=RULES.break_even_at),
    Rule.LARGEST_LOSS: ManagementSettings(largest_loss=RULES.largest_loss),
    Rule.TIME_LIMIT: ManagementSettings(time_limit_seconds=RULES.time_limit_seconds),
}


def exits(envelopes: Sequence[Envelope]) -> Sequence[tuple[str, Decimal]]:
    """Position and price of each close."""
    return [(one.meta.stream, one.event.price) for one in envelopes if isinstance(one.event, PositionClosed)]


@pytest.mark.parametrize("rule", sorted(OF_THESE))
def test_each_rule_alone_changes_how_positions_of_a_run_are_closed(rule: Rule) -> None:
    made = play(plan(TAPES[:1], managed_by(ALONE[rule])), ListLog())
    assert {one.rule for one in actions(made)} == {rule}
    unmanaged = play(plan(TAPES[:1], managed_by(ManagementSettings())), ListLog())
    assert actions(unmanaged) == []
    assert exits(made) != exits(unmanaged)


def test_the_rules_of_a_regime_act_while_it_is_in_force() -> None:
    regimes = RegimeSettings(
        confirmations=2,
        interval="15m",
        volatile_window=40,
        minimum_adx=20.0,
        range=RegimeLimits(time_limit_seconds=900),
    )
    settings = replace(managed_by(ManagementSettings()), regimes=regimes)
    made = play(plan(TAPES[:1], settings), ListLog())
    assert {(one.rule, one.regime) for one in actions(made)} == {(Rule.TIME_LIMIT, Regime.RANGE)}
    assert redecided(made).is_equal


def test_an_action_by_another_version_of_the_rules_is_reported_as_not_made_again(
    recorded: Sequence[Envelope],
) -> None:
    at = next(at for at, one in enumerate(recorded) if isinstance(one.event, PositionManaged))
    other = replace(recorded[at], event=replace(recorded[at].event, rules_version=RULES_VERSION + 1))
    log, redecision = ListLog(), Redecision()
    log.append([*recorded[:at], other, *recorded[at + 1 :]])
    assert list(redecision.steps(log.read()))
    assert not redecision.is_equal
    assert redecision.divergences == []
    reason = f"version {RULES_VERSION + 1} of the rules of the manager is not in this program"
    assert redecision.impossible == {reason: 1}


def test_a_stop_on_a_tape_is_moved_for_the_next_candle_and_never_within_one(
    recorded: Sequence[Envelope],
) -> None:
    """The request is sent at the close of the candle that it was decided by."""
    for one in recorded:
        if isinstance(one.event, PositionManaged):
            assert one.event.price_at == one.meta.recorded_at
            assert one.event.price_source is PriceSource.CANDLE
    requested: dict[str, datetime] = {}
    answered = 0
    for one in recorded:
        if isinstance(one.event, OrderAmendRequested):
            requested[one.meta.stream] = one.meta.recorded_at
        elif isinstance(one.event, OrderAmended) and one.meta.stream in requested:
            latency = timedelta(milliseconds=EAGER.simulation.latency_ms)
            assert one.meta.occurred_at == requested.pop(one.meta.stream) + latency
            answered += 1
    assert answered > 10


def redecided(envelopes: Sequence[Envelope]) -> Redecision:
    log, redecision = ListLog(), Redecision()
    log.append(envelopes)
    assert list(redecision.steps(log.read()))
    return redecision


def test_every_action_is_equal_when_it_is_decided_again_from_the_log(recorded: Sequence[Envelope]) -> None:
    redecision = redecided(recorded)
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)
    assert redecision.made["PositionManaged"] == len(actions(recorded))


def test_the_log_is_equal_to_the_byte_with_and_without_skipping() -> None:
    made = plan(TAPES, managed_by(RULES))
    assert played(made, skips=True)[0] == played(made, skips=False)[0]


@pytest.mark.parametrize("rule", sorted(OF_THESE))
def test_a_run_that_ends_before_or_after_an_action_goes_on_to_the_same_events(
    recorded: Sequence[Envelope], rule: Rule
) -> None:
    at = next(
        n
        for n, one in enumerate(recorded)
        if isinstance(one.event, PositionManaged) and one.event.rule is rule
    )
    cause = recorded[at].meta.causation_id
    end = next(
        n for n, one in enumerate(recorded) if n > at and one.meta.recorded_at > recorded[at].meta.recorded_at
    )
    assert cause.startswith("candle:")
    for length in (at, end):
        log = ListLog()
        log.append(recorded[:length])
        assert play(plan(TAPES, managed_by(RULES)), log) == recorded


def test_a_backtest_makes_the_same_events_with_and_without_skipping() -> None:
    made = plan(TAPES[:1], managed_by(RULES))
    found: list[list[Envelope]] = []
    for skips in (False, True):
        with closing(Backtesting(candle_recording(made, ()), skips=skips)) as run:
            list(run.steps())
            found.append([one.envelope for one in run.events()])
    assert found[0] == found[1]
    assert actions(found[0])


def test_a_snapshot_of_states_has_what_managed_a_position(recorded: Sequence[Envelope]) -> None:
    moves = [n for n, one in enumerate(recorded) if isinstance(one.event, PositionManaged)]
    world = World().fold_all(recorded[: moves[0] + 1])
    again = restored([b"".join(pieces(captured(world)))])
    assert again.portfolio == world.portfolio
    (held,) = (one for one in again.portfolio.positions.values() if one.managed)
    first = actions(recorded)[0]
    assert held.managed[first.rule].stop == first.stop


def test_sessions_of_a_taped_run_are_made_again_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "whence.db"
    made = plan(SESSION_TAPES, replace(managed_by(RULES), strategies=(KEEN,)))
    for first, upto in ((60, 150), (160, 220), (225, len(INSTANTS))):
        trade(path, first, upto, plan=made)
    with closing(open_sqlite(tmp_path / "again.db", AvroCodec())) as again:
        replay = replayed(path, into=again)
    assert (replay.difference, replay.sessions) == (None, 3)
    assert frames(tmp_path / "again.db") == frames(path)
    with closing(read_log(path, AvroCodec())) as log:
        envelopes = [one.envelope for one in log.read()]
    assert len(actions(envelopes)) > 3
    assert redecided(envelopes).is_equal


TABLE = """
[trading.management]
trailing_levels = ["0.02:0.01", "0.05:0.015"]
largest_loss = "0.02"
[trading.regimes]
confirmations = 3
[trading.regimes.range]
time_limit_seconds = 1800
[[trading.strategies]]
name = "trend"
[trading.strategies.management]
break_even_at = "0.01"
"""


def test_the_tables_of_the_manager_are_read_from_a_settings_file_and_written_into_another() -> None:
    given = tomllib.loads(TABLE)["trading"]
    settings = trading_settings(given)
    assert settings.management == ManagementSettings(
        trailing_levels=("0.02:0.01", "0.05:0.015"), largest_loss=D("0.02")
    )
    assert settings.strategies[0].management == OwnManagementSettings(break_even_at=D("0.01"))
    assert settings.regimes.range == RegimeLimits(time_limit_seconds=1_800)
    text = settings_text(WhenceSettings(trading=given), change_of([], [], None), settings, "found")
    assert trading_settings(tomllib.loads(text)["trading"]) == settings


def test_options_of_a_what_if_take_the_rules_of_all_and_of_an_instance() -> None:
    change = change_of(
        ["trading.management.trailing_levels=0.02:0.01,0.05:0.015"],
        ["trend management.trailing_levels=0.01:0.005 management.largest_loss=0.03"],
        None,
    )
    settings = change.settings(Settings())
    assert settings.management.trailing_levels == ("0.02:0.01", "0.05:0.015")
    assert settings.strategies[0].management == OwnManagementSettings(
        trailing_levels=("0.01:0.005",), largest_loss=D("0.03")
    )


@pytest.mark.parametrize("rule", sorted(OF_THESE))
def test_the_sentence_of_an_action_names_the_rule_and_what_it_does(
    recorded: Sequence[Envelope], rule: Rule
) -> None:
    one = next(one for one in actions(recorded) if one.rule is rule)
    line = sentence(one)
    gain = (
        f"a loss of {-one.profit:.2%}" if one.profit and one.profit < 0 else f"a profit of {one.profit:.2%}"
    )
    assert line.startswith(f"{rule} at {plain(one.price or D(0))}, {gain}: ")
    done = (
        "close it"
        if one.close_reason
        else f"stop {plain(one.stop_before or D(0))} to {plain(one.stop or D(0))}"
    )
    assert f": {done}, " in line


def test_trades_reports_and_explanations_name_the_rule_that_closed_a_position(
    recorded: Sequence[Envelope],
) -> None:
    trades, log = Trades(), ListLog()
    log.append(recorded)
    for envelope in recorded:
        trades.fold(envelope)
    expected = Counter(one.close_reason for one in actions(recorded) if one.close_reason is not None)
    found = Counter(one.reason for one in trades.closed)
    assert {name: found[name] for name in expected} == expected
    assert found["MANUAL"] == 0
    decided = [one.decided for one in orders_of(log.read()) if one.terms.purpose is Purpose.MANUAL]
    assert {one.source for one in decided} == {"the price that the manager closed the position by"}
    closes = [one.price for one in actions(recorded) if one.action is ManagedBy.CLOSE]
    assert [one.price for one in decided] == closes
    groups = Book("paper", Period(), Scope()).read(log.read()).groups[By.EXIT]
    assert {name: row["trades"] for name, row in groups.items()} == found
    explained = Counter(one.reason for one in positions_of(log.read()))
    assert explained == Counter(one.reason for one in trades.trades)
