"""A store kept up to date by a thread: following, waiting, standby, switching of builds, and failures."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from domain.errors import InvalidInput
from domain.log import Envelope
from domain.opening import LogOpened
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.projecting import Projecting
from projections.accounts import ACCOUNTS
from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import begin, builds
from projections.digest import digest
from projections.orders import ORDERS
from projections.projection import Projection
from projections.runner import Runner
from projections.source import ReadModels
from projections.store import reading, writing
from projections.work import works
from tests.infra.run.stores import digests, filled, store, store_url
from tests.projections.folded import a_run
from tests.replacing import replace

__all__ = ["store", "store_url"]

_SOON = 20.0
_FEW = {"orders": ORDERS, "accounts": ACCOUNTS}


@pytest.fixture
def address(tmp_path: Path) -> str:
    """The address of a log that does not exist yet."""
    return f"sqlite:///{tmp_path / 'log.db'}"


@contextmanager
def projecting(
    engine: Engine, address: str, projections: Mapping[str, Projection] = _FEW
) -> Generator[Projecting]:
    """A started `Projecting`, which is stopped at the end."""
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        found = Projecting(engine, reader, projections)
        found.start()
        try:
            yield found
        finally:
            found.stop()


def _events() -> Sequence[Envelope]:
    return a_run(3_000)


def test_an_appended_event_is_in_the_read_models_after_waiting_for_its_ordinal(
    store: Engine, address: str
) -> None:
    """A writer can read its own write after every append."""
    filled(address, _events()[:100])
    models = ReadModels(store, _FEW)
    with closing(open_owned(WhenceSettings(log=address))) as log, projecting(store, address) as found:
        for start in range(100, 200, 10):
            ordinal = log.append(_events()[start : start + 10])
            assert found.wait_until(ordinal, _SOON)
            with models.now() as now:
                assert now.ordinal == ordinal
        assert not found.wait_until(log.head() + 1, 0.05)
        status = found.status()
    assert {one.projection for one in status} == set(_FEW)
    assert {(one.ordinal, one.head, one.lag_events, one.lag_seconds) for one in status} == {
        (200, 200, 0, 0.0)
    }
    assert {(one.parked_events, one.parked_sequences, one.state) for one in status} == {
        (0, 0, BuildStatus.LIVE)
    }


def test_the_status_of_a_stopped_projection_gives_its_lag(store: Engine, address: str) -> None:
    filled(address, _events())
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        stopped = Projecting(store, reader)
        assert stopped.status() == []
        with projecting(store, address) as found:
            assert found.wait_until(len(_events()), _SOON)
        filled(address, [_next(_events()[-1])])
        (one,) = {(one.lag_events, one.lag_seconds > 0, one.rate) for one in stopped.status()}
    assert one == (1, True, 0.0)


def _next(envelope: Envelope) -> Envelope:
    meta = envelope.meta
    return replace(envelope, meta=replace(meta, stream=f"{meta.stream}-more", version=1))


def test_a_second_projection_stands_by_and_takes_over(store: Engine, address: str) -> None:
    """While the second one stands by, it reports the ordinal that the store has reached."""
    filled(address, _events()[:300])
    with projecting(store, address) as first:
        assert first.wait_until(300, _SOON)
        with projecting(store, address) as second:
            filled(address, _events()[300:600])
            assert second.wait_until(600, _SOON)
            assert second.stands_by
            assert not first.stands_by
            first.stop()
            filled(address, _events()[600:])
            assert second.wait_until(len(_events()), _SOON)
            assert not second.stands_by
    undisturbed = digests(store)
    assert len(undisturbed) == len(_FEW)


def test_a_changed_projection_is_built_beside_the_live_one_and_switched_to(
    store: Engine, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The older build serves queries until the switch, and is kept after it."""
    filled(address, _events())
    older = {"orders": ORDERS}
    with projecting(store, address, older) as found:
        assert found.wait_until(len(_events()), _SOON)
    newer = {"orders": replace(ORDERS, version=ORDERS.version + 1)}
    with caplog.at_level(logging.WARNING), projecting(store, address, newer) as found:
        assert found.wait_until(len(_events()), _SOON)
    with reading(store) as connection:
        own = [one for one in builds(connection) if one.kind is BuildKind.TODAY]
    assert [(one.fingerprint, one.status) for one in own] == [
        (ORDERS.fingerprint, BuildStatus.RETIRED),
        (newer["orders"].fingerprint, BuildStatus.LIVE),
    ]
    assert f"orders is answered by build {own[1].id} now" in caplog.text


def test_a_store_of_another_log_is_refused_at_start(store: Engine, address: str, tmp_path: Path) -> None:
    filled(address, _events()[:50])
    with projecting(store, address) as found:
        assert found.wait_until(50, _SOON)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    opened = _events()[0]
    assert isinstance(opened.event, LogOpened)
    event = replace(opened.event, log_id=opened.meta.event_id)
    filled(other, [replace(opened, event=event)])
    with pytest.raises(InvalidInput, match="name another store, as `--store"), projecting(store, other):
        pass


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_projection_continues_after_its_database_connections_are_cut(
    store: Engine, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """All connections are cut repeatedly, while it catches up and while it follows."""
    filled(address, _events()[:400])
    cutter = threading.Thread(target=_cut, args=(store, 20))
    with caplog.at_level(logging.CRITICAL), projecting(store, address) as found:
        cutter.start()
        filled(address, _events()[400:])
        cutter.join()
        assert found.wait_until(len(_events()), _SOON)
        assert found.failure is None
    assert caplog.text == ""
    assert digests(store) == _undisturbed(store, address)


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_waiting_for_an_ordinal_continues_on_a_new_connection_after_its_connection_is_cut(
    store: Engine, address: str
) -> None:
    filled(address, _events()[:50])
    with projecting(store, address) as found:
        assert found.wait_until(50, _SOON)
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        waiting = Projecting(store, reader, _FEW)
        assert waiting.wait_until(50, _SOON)
        _cut(store, 1)
        assert waiting.wait_until(50, _SOON)


def _cut(engine: Engine, times: int) -> None:
    """Cuts all other connections to the database, `times` times."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    pause = threading.Event()
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(False)) as connection:
        for _ in range(times):
            connection.execute(f"SELECT pg_terminate_backend(pid) {others}")
            connection.commit()
            pause.wait(0.02)


def _undisturbed(engine: Engine, address: str) -> Mapping[str, str]:
    """The digests of separate builds that one runner made from the same log without an interruption."""
    with writing(engine) as connection:
        beside = [begin(connection, one, BuildKind.TODAY, BuildStatus.BUILDING) for one in _FEW.values()]
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        Runner(reader, works(engine, beside, _FEW, 0)).catch_up()
    with reading(engine) as connection:
        return {one.projection: digest(connection, _FEW[one.projection], one) for one in beside}


def test_a_corrupt_log_ends_the_projection_with_its_failure(store: Engine, address: str) -> None:
    filled(address, _events()[:50])
    with projecting(store, address) as found:
        assert found.wait_until(50, _SOON)
        found._runner._log = _Broken()  # type: ignore[assignment]
        assert not found.wait_until(51, _SOON)
        assert isinstance(found.failure, LookupError)


class _Broken:
    def head(self) -> int:
        raise LookupError("no such record")
