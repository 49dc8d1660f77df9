"""Deposits and withdrawals: no return, no drawdown and no result of a day; read models and summary agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from domain.account import AccountOpened, BalanceChanged, BalanceReason, DayOpened
from domain.arithmetic import ZERO
from domain.log import LOG_STREAM
from domain.mark import AccountMarked
from domain.opening import LogOpened, Mode
from domain.ratios import Ratios
from domain.streams import account_stream
from projections.accounts import ACCOUNTS
from projections.bookkeeping import METADATA
from projections.equity import EQUITY
from projections.performance import PERFORMANCE
from projections.questions.performance import ratios_by_account
from projections.store import prepare, writing
from projections.summary import Summary
from tests.domain.history import ACCOUNT, LOG_ID, D, History, an_opening
from tests.projections.folded import folded, table
from tests.projections.stores import built

NOON = datetime(2025, 4, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GROWTH = [D("1.02"), D("0.99"), D("1.01")] * 11
"""What each of 33 days makes of the money that the account has."""
TRANSFERS = {5: D(90_000), 12: D(-60_000), 20: D(500)}
"""A deposit of nine times the account, a withdrawal of more than half of it, and a small deposit, by day."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = prepare(create_engine(f"sqlite:///{tmp_path / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


class Account:
    """An account that trades each day at noon; a transfer follows at two, an hour's mark at three."""

    def __init__(self) -> None:
        self.balance, self.history = D(10_000), History()
        self.history.record(LOG_STREAM, LogOpened(log_id=LOG_ID, mode=Mode.LIVE, tape="", synthetic=False))
        self._record(NOON, AccountOpened("USDT", self.balance, D(5)))

    def day(self, number: int, growth: Decimal, transfer: Decimal | None, *, marked: bool = True) -> None:
        at = NOON + number * DAY
        self._record(at, DayOpened(at.date().isoformat(), self.balance))
        self._changes(at, BalanceReason.FILL, self.balance * growth - self.balance)
        if transfer is not None:
            self._changes(at + timedelta(hours=2), BalanceReason.TRANSFER, transfer)
        if marked:
            self._record(at + timedelta(hours=3), a_mark(at + timedelta(hours=2), self.balance))

    def _changes(self, at: datetime, reason: BalanceReason, amount: Decimal) -> None:
        self.balance += amount
        self._record(at, BalanceChanged(reason, amount, self.balance))

    def _record(
        self, at: datetime, event: AccountOpened | DayOpened | BalanceChanged | AccountMarked
    ) -> None:
        self.history.record(account_stream(ACCOUNT), event, at=at)


def a_mark(hour: datetime, balance: Decimal, unrealised: Decimal = ZERO) -> AccountMarked:
    equity = balance + unrealised
    return AccountMarked(
        hour=hour,
        balance=balance,
        unrealised=unrealised,
        equity=equity,
        low=equity,
        high=equity,
        worst=equity,
        candles=1,
        candle_hash="",
        hash_algorithm="sha256-hourly/1",
    )


def figures(history: History, store: Engine) -> tuple[Summary, Ratios]:
    """The summary of the events, and the ratios of the read models."""
    summary = Summary()
    with closing(open_memory(AvroCodec())) as log:
        for envelope in history.envelopes:
            summary.fold(envelope)
            log.append([envelope])
        with built(store, log, {one.name: one for one in (ACCOUNTS, PERFORMANCE)}).now() as source:
            return summary, ratios_by_account(source, [ACCOUNT])[ACCOUNT]


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "without marks"])
def test_the_ratios_with_deposits_and_a_withdrawal_are_those_of_the_trading_alone(
    store: Engine, *, marked: bool
) -> None:
    moved, still = Account(), Account()
    for number, growth in enumerate(GROWTH):
        moved.day(number, growth, TRANSFERS.get(number), marked=marked)
        still.day(number, growth, None, marked=marked)
    summary, stored = figures(moved.history, store)
    trading = Summary()
    for envelope in still.history.envelopes:
        trading.fold(envelope)
    assert trading.ratios.sharpe is not None
    assert summary.ratios.sharpe == pytest.approx(trading.ratios.sharpe)
    assert summary.ratios.sortino == pytest.approx(trading.ratios.sortino)
    assert stored == summary.ratios


def test_the_equity_before_a_transfer_with_an_open_position_is_that_of_the_last_mark(store: Engine) -> None:
    account = Account()
    for number, growth in enumerate(GROWTH[:30]):
        account.day(number, growth, None)
    at = NOON + 30 * DAY
    account.history.position(an_opening(), at=at)
    account.history.record(account_stream(ACCOUNT), a_mark(at, account.balance, D(1_000)), at=at)
    moved = BalanceChanged(BalanceReason.TRANSFER, D(5_000), account.balance + D(5_000))
    account.history.record(account_stream(ACCOUNT), moved, at=at + timedelta(hours=2))
    summary, stored = figures(account.history, store)
    (transfer,) = summary.transfers[at.date()]
    assert transfer == (account.balance + D(1_000), account.balance + D(6_000))
    assert stored == summary.ratios


def test_peaks_drawdown_and_the_opening_of_the_day_move_with_a_transfer() -> None:
    account = Account()
    account.day(0, D("0.9"), D(1_000))
    account.day(1, D(1), D(-4_000))
    summary = Summary()
    for envelope in account.history.envelopes:
        summary.fold(envelope)
    assert (round(summary.watermark.now.peak, 2), summary.watermark.now.now) == (D("6666.67"), D(6_000))
    assert round(summary.max_drawdown, 9) == D("0.1")
    points = list(table(folded(EQUITY, account.history.envelopes), "equity").values())
    moved = [one for one in points if one["reason"] == "TRANSFER"]
    assert [(round(one["peak"], 2), round(one["drawdown"], 9)) for one in moved] == [
        (D("11111.11"), 0.1),
        (D("6666.67"), 0.1),
    ]
    days = table(folded(PERFORMANCE, account.history.envelopes), "days")
    opened = {day: (row["opening"], row["balance"]) for (_account, day), row in days.items()}
    assert opened == {"2025-04-03": (D(11_000), D(10_000)), "2025-04-04": (D(6_000), D(6_000))}
