"""A rebuild beside the live build under load: no query fails or sees an earlier state than the query before it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, func, select

from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.projecting import Projecting
from infra.run.rebuilding import catch_up_and_switch
from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import Build, begin, drop, live
from projections.digest import digest
from projections.equity import EQUITY
from projections.orders import ORDERS
from projections.source import ReadModels
from projections.store import reading, writing
from tests.infra.run.stores import filled, store, store_url
from tests.projections.folded import a_run

__all__ = ["store", "store_url"]

_KEPT = {"orders": ORDERS, "equity": EQUITY}
_SOON = 30.0


class _Load:
    """A writer and two readers, each in its own thread, which run until the block ends."""

    def __init__(self, engine: Engine, address: str, events: Sequence[Envelope]) -> None:
        self.faults: list[BaseException] = []
        self.seen: list[list[tuple[int, int, int]]] = [[], []]
        self._address, self._events = address, events
        self._models = ReadModels(engine, _KEPT)
        self._over = threading.Event()
        jobs: list[Callable[[], None]] = [self._write, *(lambda n=n: self._read(n) for n in range(2))]
        self._threads = [threading.Thread(target=self._kept, args=(job,)) for job in jobs]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _kept(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as fault:  # noqa: BLE001  (raised in a thread, asserted by the test)
            self.faults.append(fault)

    def _write(self) -> None:
        with closing(open_owned(WhenceSettings(log=self._address))) as log:
            for start in range(0, len(self._events), 3):
                log.append(self._events[start : start + 3])
                if self._over.wait(0.005):
                    log.append(self._events[start + 3 :])
                    return

    def _read(self, number: int) -> None:
        while not self._over.is_set():
            with self._models.now() as now:
                counts = [
                    now.connection.execute(select(func.count()).select_from(now.table(name))).scalar_one()
                    for name in ("orders", "equity")
                ]
                self.seen[number].append((now.ordinal, counts[0], counts[1]))


def test_queries_are_consistent_during_a_rebuild_switches_and_a_drop(
    store: Engine, store_url: str, tmp_path: Path
) -> None:
    """A new build is made and switched to. The old one is switched back to, then the new one again. Then the old build
    is dropped. All the while events are written and read.
    """
    address = f"sqlite:///{tmp_path / 'log.db'}"
    events = a_run(5_000)
    settings = WhenceSettings(log=address, store=store_url)
    filled(address, events[: len(events) // 2])
    with closing(open_reader(settings)) as reader:
        projecting = Projecting(store, reader, _KEPT, kinds=(BuildKind.TODAY,))
        projecting.start()
        assert projecting.wait_until(len(events) // 2, _SOON)
        with _Load(store, address, events[len(events) // 2 :]) as load:
            first = _live(store)
            with writing(store) as connection:
                second = begin(connection, ORDERS, BuildKind.TODAY, BuildStatus.BUILDING)
            for to in (second, first, second):
                assert catch_up_and_switch(store, settings, [to], lambda _reached: None, lambda: False)
                assert _live(store).id == to.id
            drop(store, first)
        assert projecting.wait_until(len(events), _SOON)
        projecting.stop()
    assert load.faults == []
    for seen in load.seen:
        assert len(seen) > 10
        for column in zip(*seen, strict=True):
            assert list(column) == sorted(column), "a query saw an earlier state than the previous query"
        assert seen[-1][0] > seen[0][0] > 0
    assert _digest(store, _live(store)) == _digest(store, _beside(store, settings))


def _live(engine: Engine) -> Build:
    with reading(engine) as connection:
        return live(connection)["orders"]


def _digest(engine: Engine, build: Build) -> str:
    with reading(engine) as connection:
        return digest(connection, ORDERS, build)


def _beside(engine: Engine, settings: WhenceSettings) -> Build:
    with writing(engine) as connection:
        build = begin(connection, ORDERS, BuildKind.TODAY, BuildStatus.BUILDING)
    assert catch_up_and_switch(engine, settings, [build], lambda _reached: None, lambda: False)
    return build
