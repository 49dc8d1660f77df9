"""Old inputs are removed only where a kept snapshot replaces them, and a replay from it makes the same events again."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from adapters.avro import AvroCodec
from adapters.inputs.retention import Covered
from adapters.inputs.sqlite import SqliteTape, tape_path
from adapters.log.recorder_log import RecordedLog
from adapters.log.sqlite import open_sqlite
from adapters.snapshots import KeptSnapshots
from commands.input_tape import SessionBegun
from domain.errors import InvalidInput, LogCorrupt, LogUnavailable, WhenceError
from domain.log import Recorded
from infra.config import WhenceSettings
from infra.inputs import taped_inputs
from infra.logs import open_reader, snapshot_path
from infra.run import snapshots
from infra.run.origin import from_first_input
from infra.run.snapshots import kept_snapshots
from tests.infra.run.taped import frames
from tests.infra.run.taped_days import TapedDays, begun, replayed_from
from tests.journeys.conftest import address_of


def settings_in(folder: Path) -> WhenceSettings:
    return WhenceSettings(log=f"sqlite:///{folder / 'run.db'}", keys=folder / "keys", inputs_days=1)


@pytest.fixture
def settings(tmp_path: Path) -> WhenceSettings:
    return settings_in(tmp_path)


@pytest.fixture(scope="module")
def four_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a log of four days, whose tape begins with the third one."""
    folder = tmp_path_factory.mktemp("days")
    TapedDays(settings_in(folder)).pass_days(4)
    return folder


@pytest.fixture
def cut(four_days: Path, tmp_path: Path) -> WhenceSettings:
    """A copy of that log."""
    folder = tmp_path / "cut"
    shutil.copytree(four_days, folder)
    return settings_in(folder)


def kept_of(settings: WhenceSettings) -> KeptSnapshots:
    kept = kept_snapshots(settings)
    assert kept is not None
    return kept


def replay_from_the_first_input(settings: WhenceSettings) -> None:
    with closing(open_reader(settings)) as log:
        for _taped in from_first_input(taped_inputs(settings), log, settings):
            pass


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ordinals from which logs were read for more than their first event."""
    found = list[int]()
    original = RecordedLog.read

    def noted(log: RecordedLog, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        if upto != 1:
            found.append(after)
        return original(log, after, upto)

    monkeypatch.setattr(RecordedLog, "read", noted)
    return found


@pytest.mark.parametrize("kind", ["sqlite", "kafka"])
def test_a_replay_from_the_kept_snapshot_makes_the_events_after_it_again(
    kind: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    read: list[int],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    settings = WhenceSettings(
        log=address_of(kind, request, tmp_path), keys=tmp_path / "keys", index=tmp_path, inputs_days=1
    )
    days = TapedDays(settings)
    days.pass_days(2)
    first, second = begun(settings)
    assert (first, kept_of(settings).ordinals()) == (0, [])
    replay_from_the_first_input(settings)
    days.pass_days(1)
    third = begun(settings)[-1]
    assert (begun(settings), kept_of(settings).ordinals()) == ([second, third], [second])
    message = rf"begins after event {second}: .*`--from-snapshot {second}` .*{kept_of(settings).path(second)}"
    with pytest.raises(InvalidInput, match=message):
        replay_from_the_first_input(settings)
    read.clear()
    replay = replayed_from(settings)
    assert (replay.difference, replay.snapshot, replay.folded, replay.sessions) == (None, second, second, 2)
    assert replay.ordinal > third > second
    assert set(read) == {second}


def test_a_log_that_receives_the_replay_from_a_snapshot_has_the_events_before_it_too(
    cut: WhenceSettings, tmp_path: Path
) -> None:
    assert kept_of(cut).ordinals() == begun(cut)[:1]
    with closing(open_sqlite(tmp_path / "again.db", AvroCodec())) as again:
        assert replayed_from(cut, into=again).difference is None
    assert frames(tmp_path / "again.db") == frames(tmp_path / "cut" / "run.db")


def test_a_replay_begins_with_the_engine_s_own_snapshot_while_the_tape_is_whole(
    settings: WhenceSettings,
) -> None:
    TapedDays(settings).pass_days(2)
    ordinal = begun(settings)[1]
    replay = replayed_from(settings, ordinal)
    assert (replay.difference, replay.snapshot, replay.sessions) == (None, ordinal, 1)


def _remove(path: Path) -> None:
    path.unlink()


def _edit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _cut_to_its_head(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [_remove, _edit])
def test_inputs_whose_snapshot_cannot_be_used_stay_on_the_tape(
    settings: WhenceSettings, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    days = TapedDays(settings)
    days.pass_days(2)
    path = snapshot_path(settings)
    assert path is not None
    harm(path)
    days.pass_days(1)
    assert (begun(settings)[0], len(begun(settings)), kept_of(settings).ordinals()) == (0, 3, [])
    assert "are not removed, because no snapshot replaces them: the snapshot at event" in caplog.text
    replay_from_the_first_input(settings)
    days.pass_days(1)
    assert kept_of(settings).ordinals() == begun(settings)[:1]
    assert replayed_from(settings).difference is None


class Ended(Exception):
    """The process ends here."""


@pytest.mark.parametrize("ends", ["before the inputs are removed", "before earlier snapshots are removed"])
def test_a_start_that_ends_amid_the_removal_leaves_a_tape_that_can_be_replayed(
    settings: WhenceSettings, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = TapedDays(settings)
    days.pass_days(3)
    remove = SqliteTape.remove

    def ended(tape: SqliteTape, before: object, is_covered: Covered) -> None:
        assert is_covered is not None
        if ends == "before the inputs are removed":
            remove(tape, before, lambda session: is_covered(session) and _end())  # type: ignore[arg-type]
        remove(tape, before, is_covered)  # type: ignore[arg-type]
        _end()

    with monkeypatch.context() as patched:
        patched.setattr(SqliteTape, "remove", ended)
        with pytest.raises(Ended):
            days.pass_days(1)
    first = begun(settings)[0]
    assert len(kept_of(settings).ordinals()) == 2
    with pytest.raises(InvalidInput, match=f"after event {first}: .*`--from-snapshot {first}` begins with"):
        replay_from_the_first_input(settings)
    replay = replayed_from(settings)
    assert (replay.difference, replay.snapshot) == (None, first)
    days.pass_days(2)
    assert kept_of(settings).ordinals() == begun(settings)[:1]


def test_a_start_that_removes_no_inputs_removes_what_a_killed_removal_has_left(
    settings: WhenceSettings, caplog: pytest.LogCaptureFixture
) -> None:
    days = TapedDays(settings)
    days.pass_days(4)
    (first,) = kept_of(settings).ordinals()
    kept = kept_of(settings).path(first)
    earlier, unfinished = kept_of(settings).path(1), kept.with_suffix(".new")
    another = kept.with_name(f"other-{unfinished.name}")
    for left in (earlier, unfinished, another):
        shutil.copy(kept, left)
    days.settings = settings.model_copy(update={"inputs_days": 30})
    days.pass_days(1)
    assert begun(settings)[0] == first
    assert [one.exists() for one in (kept, earlier, unfinished, another)] == [True, False, False, True]
    assert "removed" not in caplog.text


def test_a_whole_tape_beside_a_snapshot_that_replaces_nothing_is_replayed_from_its_first_input(
    settings: WhenceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = TapedDays(settings)
    days.pass_days(2)

    def ended(_tape: SqliteTape, _before: object, is_covered: Covered) -> None:
        sessions = [one.given for one in taped_inputs(settings) if isinstance(one.given, SessionBegun)]
        assert is_covered(sessions[-1])
        _end()

    with monkeypatch.context() as patched:
        patched.setattr(SqliteTape, "remove", ended)
        with pytest.raises(Ended):
            days.pass_days(1)
    assert (begun(settings)[0], kept_of(settings).ordinals()) == (0, [begun(settings)[1]])
    replay_from_the_first_input(settings)
    with pytest.raises(InvalidInput, match="no inputs were removed from its tape"):
        replayed_from(settings)


def _end() -> bool:
    raise Ended


class Harm(NamedTuple):
    """What was done to a kept snapshot or to the tape, and the error that follows."""

    done: Callable[[Path], None]
    error: type[WhenceError]
    message: str


def _of_another_log(path: Path) -> None:
    other = settings_in(path.parent).model_copy(update={"log": f"sqlite:///{path.parent / 'other.db'}"})
    TapedDays(other, UUID(int=7)).pass_days(4)
    kept = kept_of(other)
    (ordinal,) = kept.ordinals()
    path.write_bytes(kept.path(ordinal).read_bytes())


def _without_the_first_session(path: Path) -> None:
    log = path.parent / "run.db"
    with closing(sqlite3.connect(tape_path(log))) as connection, connection:
        connection.execute(
            "DELETE FROM inputs WHERE first < (SELECT max(first) FROM inputs WHERE begins = 1)"
        )


HARMS = {
    "edited": Harm(_edit, LogCorrupt, "its content was changed or cut off"),
    "cut off": Harm(_cut, LogCorrupt, "its content was changed or cut off"),
    "cut off in its head": Harm(_cut_to_its_head, LogCorrupt, "it is cut off; `--fold"),
    "missing": Harm(_remove, InvalidInput, "no snapshot is kept for this log"),
    "of another log": Harm(_of_another_log, InvalidInput, "is of another log"),
    "the tape was cut off": Harm(_without_the_first_session, LogCorrupt, "no session on the tape begins after event"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_snapshot_or_tape_that_does_not_fit_is_refused_by_its_reason(
    cut: WhenceSettings, harm: Harm
) -> None:
    (ordinal,) = kept_of(cut).ordinals()
    harm.done(kept_of(cut).path(ordinal))
    with pytest.raises(harm.error, match=harm.message):
        replayed_from(cut)


def test_an_ordinal_without_a_snapshot_is_refused_with_those_that_are_kept(cut: WhenceSettings) -> None:
    (ordinal,) = kept_of(cut).ordinals()
    with pytest.raises(InvalidInput, match=rf"no snapshot at event 3: .* kept at the events {ordinal}"):
        replayed_from(cut, 3)


def test_a_snapshot_of_another_version_of_the_program_is_refused_with_the_way_without_it(
    cut: WhenceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(_packages: object) -> bytes:
        return bytes(32)

    monkeypatch.setattr(snapshots, "fingerprint", other)
    with pytest.raises(InvalidInput, match=r"another version of the program made it; .*`--fold`"):
        replayed_from(cut)


def test_a_run_starts_where_its_old_inputs_cannot_be_removed(
    settings: WhenceSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    days = TapedDays(settings)
    days.pass_days(2)

    def refused(_tape: SqliteTape, _before: object, _is_covered: Covered) -> None:
        raise LogUnavailable("no right to delete")

    with monkeypatch.context() as patched:
        patched.setattr(SqliteTape, "remove", refused)
        days.pass_days(1)
    assert "old inputs cannot be removed now; the next start tries again: no right to delete" in caplog.text
    assert (len(begun(settings)), kept_of(settings).ordinals()) == (3, [])


def test_nothing_is_removed_or_kept_where_inputs_are_kept_for_ever(
    settings: WhenceSettings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for_ever = settings.model_copy(update={"inputs_days": 0})
        TapedDays(for_ever).pass_days(3)
    assert (len(begun(for_ever)), kept_of(for_ever).ordinals()) == (3, [])
    assert "removed" not in caplog.text
