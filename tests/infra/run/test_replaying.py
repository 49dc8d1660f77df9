"""Replaying a taped run: the same log from its inputs, its first difference, and where it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from adapters.avro import AvroCodec
from adapters.inputs.batch import TapedInput
from adapters.inputs.sqlite import SqliteTape, read_sqlite, tape_path
from adapters.log.sqlite import open_sqlite
from adapters.log.sqlite import read_sqlite as read_log
from commands.input_tape import SessionBegun
from commands.inputs import Reported, RequestMade, Warmed
from commands.request import (
    PauseStrategy,
    PlaceOrder,
    Request,
    Requested,
    ResetKillSwitch,
    ResumeStrategy,
    TripKillSwitch,
)
from commands.world import World
from commands.world_snapshot import captured, pieces, restored
from domain.errors import InvalidInput
from infra.run.manual import ManualRun
from infra.run.replaying import Difference, Replay, Until
from tests.domain.history import LOG_ID
from tests.infra.run.taped import INSTANTS, SteppedLog, frames, replayed, trade
from tests.infra.run.test_manual import BEGINNING, LIMIT, MARKET, NOON, PRICES, fed
from tests.replacing import replace


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of three sessions, with its tape."""
    path = tmp_path_factory.mktemp("taped") / "whence.db"
    for first, upto in ((0, 120), (130, 200), (205, len(INSTANTS))):
        trade(path, first, upto)
    return path


def _replay(path: Path, inputs: Iterator[TapedInput] | Sequence[TapedInput]) -> Replay:
    with closing(read_log(path, AvroCodec())) as log:
        replay = Replay(log, AvroCodec(), inputs)
        for _ordinal in replay.steps():
            pass
        return replay


def _difference(path: Path, inputs: Iterator[TapedInput] | Sequence[TapedInput]) -> Difference:
    found = _replay(path, inputs).difference
    assert found is not None
    return found


def test_three_sessions_are_made_again_byte_for_byte(run: Path, tmp_path: Path) -> None:
    with closing(open_sqlite(tmp_path / "again.db", AvroCodec())) as again:
        replay = replayed(run, into=again)
    assert (replay.difference, replay.sessions, replay.folded) == (None, 3, 0)
    assert replay.ordinal == len(frames(run)) > 40
    assert frames(tmp_path / "again.db") == frames(run)


@pytest.mark.parametrize(
    ("until", "ordinal"),
    [
        (Until(ordinal=1), 5),
        (Until(ordinal=10**6), None),
        (Until(at=INSTANTS[0][0] - timedelta(days=1)), 0),
        (Until(at=INSTANTS[-1][0]), None),
    ],
    ids=["the unit of an ordinal", "an ordinal beyond the end", "a time before the tape", "the last time"],
)
def test_a_replay_ends_where_it_is_to_end(run: Path, until: Until, ordinal: int | None) -> None:
    replay = replayed(run, until)
    assert replay.difference is None
    assert replay.ordinal == (len(frames(run)) if ordinal is None else ordinal)


def test_a_tape_from_a_later_session_on_takes_the_events_before_from_the_log(
    run: Path, tmp_path: Path
) -> None:
    inputs = list(read_sqlite(run))
    begins = [place for place, one in enumerate(inputs) if isinstance(one.given, SessionBegun)]
    replay = _replay(run, inputs[begins[1] :])
    session = inputs[begins[1]].given
    assert isinstance(session, SessionBegun)
    assert (replay.difference, replay.sessions, replay.folded) == (None, 2, session.folded)
    assert replay.ordinal == len(frames(run))


def test_sessions_after_a_snapshot_are_made_again_from_its_states(run: Path) -> None:
    """Positions, orders and strategies were there: the snapshot's states lead to the same bytes as the log's events."""
    inputs = list(read_sqlite(run))
    begins = [place for place, one in enumerate(inputs) if isinstance(one.given, SessionBegun)]
    session = inputs[begins[1]].given
    assert isinstance(session, SessionBegun)
    with closing(read_log(run, AvroCodec())) as log:
        folded = World().fold_all(one.envelope for one in log.read(upto=session.folded))
        world = restored([b"".join(pieces(captured(folded)))])
        assert world.ordinal == session.folded > 10
        replay = Replay(log, AvroCodec(), inputs[begins[1] :], world=world)
        for _ordinal in replay.steps():
            pass
    assert (replay.difference, replay.sessions, replay.snapshot) == (None, 2, session.folded)
    assert replay.ordinal == len(frames(run)) > session.folded + 10


def test_inputs_that_are_changed_or_missing_lead_to_the_first_difference(run: Path) -> None:
    inputs = list(read_sqlite(run))
    for kind, reason in ((RequestMade, "the events differ"), (Reported, "the events differ")):
        without = [one for one in inputs if not isinstance(one.given, kind)]
        found = _difference(run, without)
        assert (found.reason, found.recorded is None, found.replayed is None) == (reason, False, False)


def test_strategies_that_were_not_warmed_up_propose_something_else(run: Path) -> None:
    inputs = [one for one in read_sqlite(run) if not isinstance(one.given, Warmed)]
    assert _replay(run, inputs).difference is not None


def test_a_tape_that_ends_before_its_log_leaves_events_that_no_input_led_to(run: Path) -> None:
    inputs = list(read_sqlite(run))
    last = max(place for place, one in enumerate(inputs) if isinstance(one.given, SessionBegun))
    found = _difference(run, inputs[:last])
    assert found.reason == "no input led to this event"
    assert found.recorded is not None


def test_a_tape_of_another_log_is_refused(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(open_sqlite(other, AvroCodec())) as log, closing(SqliteTape(other, lambda: NOON)) as tape:
        ManualRun(log, BEGINNING, lambda _envelope: None, clock=lambda: NOON, name=lambda: LOG_ID, tape=tape)
    copyfile(tape_path(run), tape_path(other))
    with pytest.raises(InvalidInput, match=f"no session of this log, whose id is {LOG_ID}"):
        replayed(other)


def test_sessions_before_the_first_one_of_the_log_are_passed_over(run: Path) -> None:
    """A run that was killed before its log was opened leaves a session of a log that never was."""
    inputs = list(read_sqlite(run))
    never = inputs[0]._replace(given=replace(inputs[0].given, log_id=LOG_ID))
    replay = _replay(run, [never, inputs[1], *inputs])
    assert (replay.difference, replay.sessions, replay.ordinal) == (None, 3, len(frames(run)))


class Cut(Exception):
    """The run ends here."""


def _rest(path: Path, at: list[datetime], requests: Sequence[Request], cut: str = "") -> None:
    """A session in a market at rest: each request, then five seconds. It is cut at the step `cut` of the last one."""

    def step(name: str) -> None:
        if name == cut and at[0] > began + timedelta(seconds=3):
            raise Cut

    began = at[0]
    with closing(open_sqlite(path, AvroCodec())) as log, closing(SqliteTape(path, lambda: at[0])) as tape:
        hand = ManualRun(
            SteppedLog(log, step),
            BEGINNING,
            lambda _envelope: None,
            clock=lambda: at[0],
            name=lambda: LOG_ID,
            feed=fed(PRICES),
            tape=tape,
        )
        for number, request in enumerate(requests):
            key, until = f"{at[0]:%H%M%S}-{number}", at[0] + timedelta(minutes=1)
            hand.answer(Requested(id=key, account="paper", actor="eve", valid_until=until, request=request))
            for _second in range(5):
                at[0] += timedelta(seconds=1)
                hand.attend()


def test_orders_by_hand_in_a_market_at_rest_are_made_again_over_interrupted_appends(tmp_path: Path) -> None:
    path, at = tmp_path / "whence.db", [NOON]
    _rest(path, at, [PlaceOrder(MARKET), PauseStrategy("trend", "lunch")])
    for cut in ("inputs kept", "unit recorded"):
        with pytest.raises(Cut):
            _rest(path, at, [PlaceOrder(LIMIT), ResumeStrategy("trend", "more")], cut)
        _rest(path, at, [TripKillSwitch("enough"), ResetKillSwitch("again")])
    replay = replayed(path)
    assert (replay.difference, replay.sessions) == (None, 5)
    assert replay.ordinal == len(frames(path)) > 25
