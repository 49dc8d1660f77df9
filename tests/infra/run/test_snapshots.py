"""A run on each kind of log starts from the snapshot that the run before has left, and goes on as from the log."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.snapshots import EVENTS, Snapshots
from commands.door import Completed
from commands.request import AmendOrder, PlaceOrder, Requested
from commands.world import World
from domain.order import OrderStatus, Working
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader, snapshot_path
from infra.run.manual import ManualRun
from infra.run.snapshots import folded, owned_log
from tests.commands.test_world_snapshot import check_same
from tests.domain.history import BTC, LOG_ID, D
from tests.infra.run.test_manual import BEGINNING, LIMIT, NOON, fed
from tests.journeys.conftest import address_of
from tests.projections.folded import a_run
from tests.replacing import replace

KINDS = ["sqlite", "kafka", "postgresql"]
PRICES = {BTC: D(50_000)}
RESTING = replace(LIMIT, quantity=D("0.01"), limit_price=D(49_900), stop=None, target=None)
SECOND = timedelta(seconds=1)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part is written at a stop for ten events."""
    monkeypatch.setattr("infra.run.snapshots.Snapshots", partial(Snapshots, events=100))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_log_starts_from_its_snapshot(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    settings = WhenceSettings(log=address_of(kind, request, tmp_path), index=tmp_path, keys=tmp_path / "keys")
    events = a_run(1_500)
    with owned_log(settings) as owned:
        owned.log.append(events[:120])
        world = folded(owned.log, owned.snapshots)
        assert owned.snapshots is not None
        owned.snapshots.close(world, bytes)
    with closing(open_owned(settings)) as log:
        log.append(events[120:130])
    with caplog.at_level(logging.INFO), owned_log(settings) as owned:
        check_same(folded(owned.log, owned.snapshots), World().fold_all(events[:130]))
    assert f"the states up to ordinal 120 are those of the snapshot {snapshot_path(settings)}" in caplog.text


class Trading:
    """Manual trading on a log with a snapshot, whose clock the test advances."""

    def __init__(self, settings: WhenceSettings, at: datetime) -> None:
        self.settings, self.at = settings, at
        self._count = 0

    @contextmanager
    def run(self, *, begun: bool = True) -> Generator[ManualRun]:
        """One run, which is stopped at its end; with `begun` no feed names prices again."""
        with owned_log(self.settings) as owned:
            run = ManualRun(
                owned.log,
                BEGINNING,
                lambda _envelope: None,
                clock=lambda: self.at,
                name=lambda: LOG_ID,
                feed=fed({} if begun else PRICES),
                snapshots=owned.snapshots,
            )
            yield run
            run.close()

    def ask(self, run: ManualRun, request: PlaceOrder | AmendOrder) -> None:
        self._count += 1
        answer = run.answer(
            Requested(
                id=f"k{self._count}",
                account="paper",
                actor="eve",
                valid_until=self.at + timedelta(minutes=1),
                request=request,
            )
        )
        assert isinstance(answer, Completed), answer

    def pass_seconds(self, run: ManualRun, count: int) -> None:
        for _ in range(count):
            self.at += SECOND
            run.attend()


def entry_of(run: ManualRun) -> Working:
    """The only working entry."""
    (entry,) = run.world.portfolio.entries.values()
    assert isinstance(entry.order, Working)
    return entry.order


@pytest.mark.usefixtures("few")
def test_a_run_goes_on_with_the_orders_and_requests_of_its_snapshot(tmp_path: Path) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'a.db'}", keys=tmp_path / "keys")
    trading = Trading(settings, NOON)
    with trading.run(begun=False) as run:
        trading.ask(run, PlaceOrder(LIMIT))
        trading.pass_seconds(run, 2)
        trading.ask(run, PlaceOrder(RESTING))
        trading.pass_seconds(run, 2)
        (order_id,) = run.world.portfolio.entries
        amended = AmendOrder(order_id=order_id, quantity=D("0.015"), limit_price=None, trigger_price=None)
        trading.ask(run, amended)  # the run stops before the exchange receives it
        assert entry_of(run).status is OrderStatus.AMEND_REQUESTED
    with trading.run() as run:
        with closing(open_reader(settings)) as log:
            check_same(run.world, World().fold_all(one.envelope for one in log.read()))
        assert run.has_market, "the prices are those of the snapshot"
        trading.pass_seconds(run, 3)
        entry = entry_of(run)
        assert (entry.status, entry.terms.quantity) == (OrderStatus.ACCEPTED, D("0.015")), "it was sent again"
        again = Requested(
            id="k1",
            account="paper",
            actor="eve",
            valid_until=trading.at + timedelta(minutes=1),
            request=PlaceOrder(LIMIT),
        )
        answer = run.answer(again)
        assert isinstance(answer, Completed)
        assert answer.repeated


def test_a_log_in_memory_has_no_snapshot() -> None:
    with owned_log(WhenceSettings(log="memory:")) as owned:
        assert owned.snapshots is None
        assert folded(owned.log, None).ordinal == 0


def test_a_short_log_has_no_snapshot(tmp_path: Path) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'a.db'}", keys=tmp_path / "keys")
    events = a_run(1_500)[: EVENTS // 10 - 1]
    with owned_log(settings) as owned:
        owned.log.append(events)
        assert owned.snapshots is not None
        owned.snapshots.close(folded(owned.log, owned.snapshots), bytes)
    assert not (tmp_path / "a.db.snapshot").exists()
