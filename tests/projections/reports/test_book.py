"""The figures of a report against the events themselves, the read models and neighbouring periods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from adapters.avro import to_json
from domain.account import BalanceChanged, BalanceReason, DayOpened
from domain.errors import InvalidInput
from domain.mark import AccountMarked
from domain.position import PositionClosed, PositionFunded, PositionOpened
from domain.settings import Settings, StrategySettings
from domain.streams import account_stream
from infra.reports.place import name_of
from projections.performance import PERFORMANCE
from projections.reports.actions import Action
from projections.reports.book import Book
from projections.reports.figures import Figures, Scope
from projections.reports.latency import Step, spreads
from projections.reports.period import Period, day_of
from projections.reports.results import By, grouped
from tests.domain.history import ACCOUNT, BTC, D, a_decision, a_fill, a_signal, an_opening, an_order
from tests.old_logs import logs as old
from tests.projections.folded import a_run, folded, table
from tests.projections.odd import an_odd_log
from tests.projections.stores import WrittenLog
from tests.projections.test_transfers import GROWTH, TRANSFERS, Account, a_mark
from tests.replacing import replace

NOON = datetime(2025, 4, 3, 12, tzinfo=UTC)
LINES = ("starting", "deposits", "withdrawals", "realised", "fees", "funding")
SUMS = (
    "trades",
    "wins",
    "losses",
    "gross",
    "fees",
    "funding",
    "net",
    "max_drawdown",
    "largest_win",
    "gross_loss",
)


@cache
def a_run_log() -> WrittenLog:
    return WrittenLog(a_run(2_000))


def read(log: WrittenLog, period: Period = Period(), account: str = "", **scope: Any) -> Figures:  # noqa: B008
    account = account or log.envelopes[-1].meta.account
    return Book(account, period, Scope(**scope)).read(log.read())


def a_month_of_transfers() -> WrittenLog:
    account = Account()
    for number, growth in enumerate(GROWTH):
        account.day(number, growth, TRANSFERS.get(number))
    return WrittenLog(account.history.envelopes)


def recomputed(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Decimal]:
    """The statement, from events as `whence log --json` prints them, without any fold of the product."""
    found: dict[str, Decimal] = {name: Decimal(0) for name in LINES}
    for one in events:
        for name, amount in _lines(one["type"], one["data"]):
            found[name] += Decimal(amount)
    return found


def _lines(kind: str, data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if kind == "AccountOpened":
        yield "starting", data["balance"]
    if kind == "BalanceChanged" and data["reason"] == "TRANSFER":
        yield "withdrawals" if data["amount"].startswith("-") else "deposits", data["amount"].lstrip("-")
    if kind in ("PositionReduced", "PositionClosed"):
        yield "realised", data["realised"]
    if kind in ("PositionOpened", "PositionIncreased", "PositionReduced", "PositionClosed"):
        yield "fees", data["fee"]
    if kind == "PositionFunded":
        yield "funding", data["amount"]


def printed(log: WrittenLog) -> Iterator[Mapping[str, Any]]:
    for recorded in log.read():
        event = recorded.envelope.event
        yield {"type": type(event).__name__, "data": to_json(event)}


def test_the_statement_of_a_run_equals_the_one_recomputed_from_its_raw_events_and_adds_up() -> None:
    log = a_run_log()
    statement, expected = read(log).statement, recomputed(list(printed(log)))
    for name, amount in expected.items():
        assert getattr(statement, name) == amount, name
    lines = expected["starting"] + expected["realised"] - expected["fees"] + expected["funding"]
    last = [one.envelope.event for one in log.read() if isinstance(one.envelope.event, BalanceChanged)][-1]
    assert statement.closing == last.balance == lines
    assert expected["fees"] > 0
    assert expected["realised"] != 0
    assert (statement.other, statement.difference) == (D(0), D(0))


def test_the_statement_shows_deposits_and_withdrawals_and_what_no_position_explains() -> None:
    log = a_month_of_transfers()
    found = read(log)
    statement = found.statement
    assert (statement.starting, statement.deposits, statement.withdrawals) == (
        D(10_000),
        D(90_500),
        D(60_000),
    )
    assert statement.other == statement.net == statement.changed != 0
    assert statement.difference == 0
    assert ("changes without a position", statement.other) in list(statement.lines())


def test_funding_of_a_position_that_had_closed_is_funding_in_the_statement_and_in_the_audit_trail() -> None:
    late = BalanceChanged(BalanceReason.FUNDING, D("-1.80369"), D("9998.19631"))
    found = read(WrittenLog(Account().history.account(late).envelopes))
    statement = found.statement
    assert (statement.funding, statement.other, statement.difference) == (D("-1.80369"), D(0), D(0))
    assert [one.envelope.event for action, one in found.actions if action is Action.FUNDING] == [late]


def test_funding_of_an_open_position_is_one_action_and_is_counted_once(tmp_path: Path) -> None:
    found = Book("paper", Period(), Scope()).read(old.read(old.copy_of("tape", tmp_path)))
    events = [one.envelope.event for action, one in found.actions if action is Action.FUNDING]
    paid = [one.amount for one in events if isinstance(one, PositionFunded)]
    assert len(paid) == len(events) == 3
    assert (found.statement.funding, found.statement.other) == (sum(paid, D(0)), D(0))


def test_the_return_of_a_period_is_that_of_its_trading_whatever_was_deposited() -> None:
    found = read(a_month_of_transfers())
    expected = Decimal(1)
    for one in GROWTH:
        expected *= one
    assert found.growth == pytest.approx(float(expected) - 1)
    fifth = read(a_month_of_transfers(), Period(date(2025, 4, 8), date(2025, 4, 8)))
    assert (fifth.statement.deposits, len(fifth.returns)) == (D(90_000), 1)
    assert fifth.growth == pytest.approx(float(GROWTH[5]) - 1)


def test_a_statement_that_lost_a_change_names_the_difference() -> None:
    history = Account().history.account(BalanceChanged(BalanceReason.TRANSFER, D(5), D(10_007)))
    assert read(WrittenLog(history.envelopes)).statement.difference == 2


def test_the_groups_of_the_whole_log_equal_the_read_model_of_performance() -> None:
    log = a_run_log()
    groups = read(log).groups
    rows = table(folded(PERFORMANCE, log.envelopes), "performance")
    compared = 0
    for (_, dimension, value), row in rows.items():
        if dimension == "HOUR":  # there that of the entry, here that of the close
            continue
        for name in SUMS:
            assert groups[By(dimension)][value][name] == row[name], (dimension, value, name)
            compared += 1
    assert compared > 40
    for by in (By.MONTH, By.HOUR, By.DIRECTION):
        nets = [row["net"] for row in groups[by].values()]
        assert sum(nets, Decimal(0)) == groups[By.ALL][""]["net"]


def test_trades_are_grouped_by_the_direction_in_which_their_positions_were_opened() -> None:
    log = a_run_log()
    direction: dict[str, str] = {}
    nets: dict[str, Decimal] = {}
    for one in log.envelopes:
        if isinstance(one.event, PositionOpened):
            direction[one.meta.stream] = one.event.direction.value
        elif isinstance(one.event, PositionClosed):
            name = direction[one.meta.stream]
            nets[name] = nets.get(name, Decimal(0)) + one.event.net
    rows = read(log).groups[By.DIRECTION]
    assert {name: row["net"] for name, row in rows.items()} == nets
    assert len(nets) == 2


def test_best_and_worst_of_a_group_are_results_of_its_trades_also_where_all_won_or_all_lost() -> None:
    found = read(a_run_log())
    closed: dict[str, list[Decimal]] = {}
    for one in found.closings:
        closed.setdefault(one.event.reason.value, []).append(one.event.net)
    rows = found.groups[By.EXIT]
    assert {name: (row["best"], row["worst"]) for name, row in rows.items()} == {
        name: (max(nets), min(nets)) for name, nets in closed.items()
    }
    assert any(max(nets) < 0 for nets in closed.values())
    assert any(min(nets) > 0 for nets in closed.values())
    before = grouped(())[By.ALL][""]
    assert (before["best"], before["worst"]) == (None, None)


def test_neighbouring_days_meet_and_add_up_to_the_whole_log() -> None:
    log = a_run_log()
    whole = read(log)
    first, last = whole.begun.date(), whole.ended.date()
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    found = [read(log, Period(day, day)) for day in days]
    for one, other in pairwise(found):
        assert one.statement.closing == other.statement.opening
        assert one.last + 1 == other.first
    assert sum((one.statement.net for one in found), Decimal(0)) == whole.statement.net
    assert sum(one.groups[By.ALL][""]["trades"] for one in found) == whole.groups[By.ALL][""]["trades"]
    assert [one for each in found for one in each.returns] == list(whole.returns)
    decided = sum((Counter(one.counted("DECISIONS")) for one in found), Counter[str]())
    assert decided
    assert decided == Counter(whole.counted("DECISIONS"))
    assert sum(len(one.actions) for one in found) == len(whole.actions)


def test_a_day_within_a_log_is_stated_by_its_midnights() -> None:
    log = a_run_log()
    day = read(log).begun.date() + timedelta(days=1)
    found, midnight = read(log, Period(day, day)), datetime.combine(day, time(), UTC)
    assert (found.begun, found.ended, found.last_day) == (midnight, midnight + timedelta(days=1), day)


def test_a_log_that_ends_with_the_mark_of_a_midnight_has_the_day_before_as_its_last_one() -> None:
    envelopes = a_run_log().envelopes
    end, midnight = next(
        (at, one.meta.occurred_at)
        for at, one in enumerate(envelopes, 1)
        if isinstance(one.event, AccountMarked) and not one.meta.occurred_at.hour
    )
    found = read(WrittenLog(envelopes[:end]))
    assert (found.ended, found.last_day) == (midnight, midnight.date() - timedelta(days=1))
    assert name_of("report", "DEMO", found).endswith(f"-{found.last_day}")


@pytest.mark.parametrize(
    ("filled", "equity"), [(False, D(10_007)), (True, None)], ids=["marked", "filled since"]
)
def test_the_closing_equity_of_a_live_day_is_of_the_mark_that_was_recorded_after_the_funding_of_midnight(
    filled: bool, equity: Decimal | None
) -> None:
    midnight = datetime(2025, 4, 4, tzinfo=UTC)
    history = Account().history
    history.account(DayOpened("2025-04-03", D(10_000)))
    history.record(f"position-{ACCOUNT}-{BTC}-LONG-1", an_opening(), at=NOON)
    history.record(account_stream(ACCOUNT), DayOpened("2025-04-04", D(10_000)), at=midnight)
    history.record(
        account_stream(ACCOUNT), BalanceChanged(BalanceReason.FUNDING, D(-2), D(9_998)), at=midnight
    )
    if filled:
        history.record(f"order-{ACCOUNT}-abc-e1", an_order(), a_fill(D(1)), at=midnight)
    mark = a_mark(midnight - timedelta(hours=1), D(9_998), D(7))
    history.record(f"mark-{ACCOUNT}", mark, at=midnight)
    day = read(WrittenLog(history.envelopes), Period(date(2025, 4, 3), date(2025, 4, 3)))
    assert (day.statement.closing, day.closing_equity) == (D(10_000), equity)
    if not filled:
        assert day.points[-1]["unrealised"] == 7
        following = read(WrittenLog(history.envelopes), Period(date(2025, 4, 4), date(2025, 4, 4)))
        assert following.before is not None
        assert (following.statement.opening, following.before["equity"]) == (D(10_000), equity)


def test_a_report_of_a_strategy_has_its_trades_alone_and_that_of_people_the_others() -> None:
    log = an_odd_log()
    everything = {one.position for one in read(log).closings}
    strategy = read(log, strategy="trend")
    assert strategy.closings
    assert {one.position for one in strategy.closings} <= everything
    assert all(one.strategy == "trend" for one in strategy.closings)
    with pytest.raises(InvalidInput, match=r"no strategy 'trent' has traded.*did you mean trend\?"):
        read(log, strategy="trent")
    with pytest.raises(InvalidInput, match="no strategy 'nobody' has traded by then; there are: trend"):
        read(log, strategy="nobody")


def test_every_kind_of_action_and_incident_of_a_log_is_listed_and_routine_is_not() -> None:
    found = read(an_odd_log())
    kinds = {kind for kind, _ in found.actions}
    assert kinds == set(Action)
    types = {type(one.envelope.event).__name__ for _, one in found.actions}
    assert {"OrderPlaced", "OrderFilled", "ProtectionMoved", "KillSwitchTripped", "OrderAmended"} <= types
    assert not types & {"DayOpened", "FundsReserved", "AccountMarked", "SignalDetected", "OrderSubmitted"}
    incidents = Counter(name for name, _ in found.incidents)
    assert incidents["kill switch tripped"] == incidents["start of the engine"] == 1
    assert "reconciliation begun" not in incidents
    assert incidents["unknown outcome of an order"] == incidents["order rejected"] == 1


def test_another_policy_and_other_strategies_begin_a_row_and_another_limit_does_not() -> None:
    history = Account().history
    slow = StrategySettings(id="slow", strategy="trend", parameters={"slow": "50"}, interval="15m")
    limited = Settings(risk=replace(Settings().risk, max_positions=1))
    for settings in (Settings(), limited, Settings(strategies=(slow,))):
        history.settings(settings)
    for number, (policy, version) in enumerate(((5, 1), (5, 2), (6, 2), (6, 3))):
        decision = a_decision(policy_version=policy, settings_version=version)
        history.signal(a_signal(), decision, chain=f"s{number}")
    found = read(WrittenLog(history.envelopes)).versions
    trend, other = ["trend"], ["slow=trend interval=15m slow=50"]
    assert [(one.policy, one.settings, one.strategies, one.decisions) for one in found] == [
        (5, 1, trend, 2),
        (6, 2, trend, 1),
        (6, 3, other, 1),
    ]
    assert {one.actor for one in found} == {"test"}


def test_latency_is_measured_between_recorded_times() -> None:
    history = Account().history
    for at in range(20):
        history.record(f"order-{ACCOUNT}-a{at}-e1", an_order(), at=NOON)
        filled = NOON + timedelta(milliseconds=10 * (at + 1))
        history.record(f"order-{ACCOUNT}-a{at}-e1", a_fill(D(1), f"x{at}"), at=filled)
    (found,) = [
        one for one in spreads(read(WrittenLog(history.envelopes)).samples) if one.step is Step.FILLED
    ]
    assert found.samples == 20
    milliseconds = [round(took / timedelta(milliseconds=1)) for took in found[2:]]
    assert milliseconds == [100, 190, 200]


def test_buy_and_hold_is_the_opening_equity_in_equal_shares_of_the_traded_instruments() -> None:
    history = Account().history
    history.signal(a_signal(price=D(99)), a_signal(instrument="DOGE", price=D(1)), chain="s1")
    history.order("a-e1", an_order(), a_fill(D(1), "x1"))
    history.signal(a_signal(price=a_fill(D(1)).price * 2), chain="s2")
    history.signal(a_signal(instrument="DOGE", price=D(50)), chain="s3")
    held = read(WrittenLog(history.envelopes)).held
    assert [round(amount, 2) for _, amount in held] == [10_000, D("10101.01"), D("20202.02")]


def test_without_a_trade_there_is_no_buy_and_hold() -> None:
    history = Account().history.signal(a_signal())
    assert read(WrittenLog(history.envelopes)).held == []


@pytest.mark.parametrize(
    ("period", "message"),
    [
        (Period(date(2030, 1, 1), None), "no event of account paper in this period; the nearest is of 2025-"),
        (
            Period(None, date(2020, 1, 1)),
            "no event of account paper in this period; the nearest is of 2025-01-01",
        ),
    ],
)
def test_a_period_without_events_is_refused_with_the_nearest_day(period: Period, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(a_run_log(), period)


def test_an_unknown_account_and_a_reversed_period_are_refused() -> None:
    with pytest.raises(InvalidInput, match="no event of account 'other'"):
        read(a_run_log(), account="other")
    with pytest.raises(InvalidInput, match="ends on 2025-01-01, before it begins on 2025-01-02"):
        Period(date(2025, 1, 2), date(2025, 1, 1))


@pytest.mark.parametrize("text", ["", "2025", "20250101", "2025-W01-1", "2025-02-30", "9999-12-31", "today"])
def test_a_day_is_written_with_year_month_and_day(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a day; write it like 2025-06-30"):
        day_of(text)


@pytest.mark.parametrize(
    ("strategy", "fault"),
    [
        ("MANUAL", "^no person has traded by then, so MANUAL has no trades$"),
        ("trnd", "^no strategy 'trnd' has traded by then; there are: trend; did you mean trend"),
    ],
)
def test_a_strategy_that_has_not_traded_is_refused_and_is_not_named_as_one_that_has(
    strategy: str, fault: str
) -> None:
    with pytest.raises(InvalidInput, match=fault):
        read(a_run_log(), strategy=strategy)
