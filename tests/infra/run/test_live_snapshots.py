"""A live run goes on from the snapshot of its log as from the log: same state, same checks, same reconciliation."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from commands.input_tape import SessionBegun, Taped
from commands.request import AmendOrder, Requested
from commands.world import World
from domain.errors import InvalidInput
from domain.log import Envelope
from infra.run.live_times import LiveTimes
from tests.adapters.simulated.server.serving import RunningVenue
from tests.adapters.snapshots.kept import Place
from tests.commands.test_world_snapshot import check_same
from tests.infra.run.demo_desk import DemoDesk
from tests.infra.run.kept_log import NEVER, kept
from tests.infra.run.live_desk import LIMIT, D, Dying, Killed, LiveDesk

FIVE_SECONDS = timedelta(seconds=5)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, datetime, int]:
    """A demo run that was killed after its part, the time, and the part's ordinal.

    It has a position, and an entry with a fill and an amendment that was not confirmed.
    """
    place = Place(tmp_path_factory.mktemp("killed"))
    with kept(place) as (log, snapshots):
        desk = DemoDesk(log, snapshots=snapshots).started()
        desk.shows("100", "100.1")
        desk.asks(LIMIT)
        desk.run.close()
        part = log.head()
    with kept(place, NEVER) as (log, snapshots):
        desk = DemoDesk(log, desk.now + FIVE_SECONDS, snapshots=snapshots).started()
        desk.shows("98.8", "98.9", size="0.04")
        (order_id,) = desk.run.world.portfolio.entries
        desk.run.answer(amended(order_id, desk.now))  # the process ends before the exchange receives it
        assert log.head() > part + 3
        assert desk.names()[-1] == "OrderAmendRequested"
        assert desk.run.world.portfolio.positions
        return place, desk.now, part


def amended(order_id: str, at: datetime) -> Requested:
    request = AmendOrder(order_id=order_id, quantity=D("0.08"), limit_price=None, trigger_price=None)
    return Requested(id="amends", account="main", actor="eve", valid_until=at + FIVE_SECONDS, request=request)


def copied(place: Place, folder: Path) -> Place:
    shutil.copytree(place.folder, folder)
    return Place(folder)


def went_on(place: Place, at: datetime) -> tuple[Sequence[Envelope], World, list[int]]:
    """The events and the state of a demo run that starts, is compared and trades on, and from where it read the log."""
    with kept(place, NEVER) as (log, snapshots):
        before = log.head()
        desk = DemoDesk(log, at + FIVE_SECONDS, snapshots=snapshots).started()
        desk.shows("97", "97.2")
        desk.passes(1)
        desk.run.close()
        return log.envelopes[before:], desk.run.world, log.read_after


def test_a_run_that_was_killed_between_two_parts_records_the_same_with_and_without_its_snapshot(
    killed: tuple[Place, datetime, int], tmp_path: Path
) -> None:
    place, at, part = killed
    without = copied(place, tmp_path / "without")
    without.snapshot.unlink()
    recorded, world, after = went_on(copied(place, tmp_path / "with"), at)
    expected, folded, read = went_on(without, at)
    assert (after[0], read[0]) == (part, 0)
    assert recorded == expected
    assert "ReconciliationEnded" in [type(one.event).__name__ for one in recorded]
    check_same(world, folded)


class Taken:
    """A tape in a list."""

    def __init__(self) -> None:
        self.inputs: list[Taped] = []

    def take(self, given: Taped) -> None:
        self.inputs.append(given)

    def keep(self) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize("has_snapshot", [True, False])
def test_the_session_on_the_tape_names_the_snapshot_that_it_began_from(
    killed: tuple[Place, datetime, int], tmp_path: Path, *, has_snapshot: bool
) -> None:
    place, tape = copied(killed[0], tmp_path / "a"), Taken()
    if not has_snapshot:
        place.snapshot.unlink()
    with kept(place, NEVER) as (log, snapshots):
        DemoDesk(log, killed[1] + FIVE_SECONDS, snapshots=snapshots, tape=tape)
        head = log.head()
    (session,) = tape.inputs
    assert isinstance(session, SessionBegun)
    assert (session.folded, session.snapshot) == (head, killed[2] if has_snapshot else 0)


def test_a_part_is_written_while_the_run_goes_on(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with kept(place) as (log, snapshots):
        desk = DemoDesk(log, snapshots=snapshots).started()
        desk.shows("100", "100.1")
        desk.asks(LIMIT)
        desk.passes(1)
        for one in threading.enumerate():
            if one.name == "snapshot":
                one.join()
        assert place.file().link.ordinal >= 10


def forged(place: Place) -> None:
    stored = bytearray(place.snapshot.read_bytes())
    stored[len(stored) // 2] ^= 1
    place.snapshot.write_bytes(stored)


def of_a_longer_log(place: Place) -> None:
    """The log is that of a backup from before the part; the snapshot is the later one."""
    later = place.snapshot.read_bytes()
    for path in place.folder.glob("a.db*"):
        path.unlink()
    with kept(place) as (log, snapshots):
        DemoDesk(log, snapshots=snapshots).started()
    place.snapshot.write_bytes(later)


@pytest.mark.parametrize("harm", [forged, of_a_longer_log])
def test_a_snapshot_that_does_not_fit_is_left_out_and_the_whole_log_is_read(
    harm: object, killed: tuple[Place, datetime, int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = copied(killed[0], tmp_path / "harmed")
    assert callable(harm)
    harm(place)
    without = copied(place, tmp_path / "without")
    without.snapshot.unlink()
    with caplog.at_level(logging.WARNING):
        recorded, world, after = went_on(place, killed[1])
    expected, folded, _ = went_on(without, killed[1])
    assert "is not used, and the whole log is read" in caplog.text
    assert after[0] == 0
    assert recorded == expected
    check_same(world, folded)


def test_the_times_that_a_run_keeps_are_those_of_the_log_after_every_event(
    killed: tuple[Place, datetime, int], tmp_path: Path
) -> None:
    with kept(copied(killed[0], tmp_path / "a"), NEVER) as (log, _):
        events = log.envelopes
    world, followed, last = World(), LiveTimes(), LiveTimes()
    in_flight = 0
    for envelope in events:
        world.fold(envelope)
        followed.observe(envelope)
        last.observe(envelope)
        times, last = last, LiveTimes()
        last.restore(times.kept(world))
        now = envelope.meta.recorded_at + FIVE_SECONDS
        assert (last.first, last.known(world)) == (followed.first, followed.known(world))
        assert last.legs.kept(world.portfolio) == followed.legs.kept(world.portfolio)
        assert last.balance.kept() == followed.balance.kept()
        for one in (timedelta(), FIVE_SECONDS, timedelta(seconds=7)):
            silent = followed.in_flight.silent(world.portfolio, now, one)
            assert last.in_flight.silent(world.portfolio, now, one) == silent
            young = followed.in_flight.young(world.portfolio, now, one)
            assert last.in_flight.young(world.portfolio, now, one) == young
            in_flight += len(silent) + len(young)
    assert in_flight


def test_a_run_that_fails_amid_a_unit_leaves_the_snapshot_as_it_was(
    venue: RunningVenue, tmp_path: Path
) -> None:
    """What it has recorded and sent is not in the times that it keeps."""
    place = Place(tmp_path)
    with kept(place) as (log, snapshots):
        desk = LiveDesk(venue, log=log, wrapped=partial(Dying, sends=True), snapshots=snapshots).started()
        with pytest.raises(Killed):
            desk.asks(LIMIT)
        desk.close()
    assert place.file().link.ordinal == 0


@pytest.mark.parametrize("sends", [False, True], ids=["before the request", "after the request"])
def test_an_engine_that_ended_at_a_submit_has_one_order_after_a_start_from_its_snapshot(
    venue: RunningVenue, tmp_path: Path, *, sends: bool
) -> None:
    place = Place(tmp_path)
    with kept(place) as (log, snapshots):
        first = LiveDesk(venue, log=log, snapshots=snapshots).started()
        first.run.close()
    part = place.file().link.ordinal
    assert part
    with kept(place) as (log, snapshots):
        desk = LiveDesk(
            venue, log=log, key=first.key, wrapped=partial(Dying, sends=sends), snapshots=snapshots
        ).started()
        with pytest.raises(Killed):
            desk.asks(LIMIT)
        desk.run.close()
    with kept(place) as (log, snapshots):
        again = LiveDesk(venue, log=log, key=first.key, snapshots=snapshots).started()
        assert log.read_after[0] == part
        again.until(lambda: again.has("OrderAccepted"))
        assert len(again.entries()) == 1
        again.close()


def test_an_unknown_outcome_has_its_time_after_a_start_from_the_snapshot_that_holds_it(
    venue: RunningVenue, tmp_path: Path
) -> None:
    place = Place(tmp_path)
    with kept(place) as (log, snapshots):
        desk = LiveDesk(venue, log=log, snapshots=snapshots).started()
        desk.venue.fails("/v5/order/create", "drop")
        desk.asks(LIMIT)
        assert desk.has("OrderOutcomeUnknown")
        desk.run.close()
        assert place.file().link.ordinal == log.head()
    with kept(place) as (log, snapshots):
        again = LiveDesk(venue, log=log, key=desk.key, snapshots=snapshots)
        again.run.start()
        again.run.connect()
        again.until(lambda: again.exchange.stream_state.is_live)
        again.passes(6)
        assert not again.has("OrderRejected")
        again.passes(6)
        again.until(lambda: again.run.is_trading)
        assert again.names().count("OrderRejected") == 3
        again.close()


def test_a_log_of_another_run_keeps_its_snapshot(
    killed: tuple[Place, datetime, int], tmp_path: Path, venue: RunningVenue
) -> None:
    place = copied(killed[0], tmp_path / "a")
    before = place.snapshot.read_bytes()
    with kept(place) as (log, snapshots), pytest.raises(InvalidInput, match="not opened by `whence live`"):
        LiveDesk(venue, log=log, snapshots=snapshots)
    assert place.snapshot.read_bytes() == before
