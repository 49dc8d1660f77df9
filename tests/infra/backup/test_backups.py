"""`whence backup`, `restore` and `drill`: to a folder and to a bucket, what is damaged, and what is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.backup.manifest import encoded, numbers
from adapters.backup.place import FolderPlace
from adapters.inputs.sqlite import SqliteTape, read_sqlite
from commands.input_tape import SessionBegun
from commands.inputs import Tick
from commands.world import World
from domain.errors import BackupUnavailable, LogCorrupt, NotAdopted, Refused
from domain.log import Recorded
from domain.order import Working
from infra.backup.making import backed_up
from infra.backup.retention import remove_old_backups
from infra.backup.standing import OpenOrder, Standing, check_equal
from infra.backup_settings import BackupTable
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.store import migrated_store
from tests.adapters.log.days import LOG_ID, day, days, opened
from tests.adapters.model_store.loopback import KEYS, ObjectStore, object_store
from tests.full_disk import files_of_at_most
from tests.infra.cli.conftest import Whence
from tests.infra.run.stores import filled

_LOG = "sqlite:///whence.db"
_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["a folder", "a bucket"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty place of backups."""
    if request.param == "a folder":
        yield "kept"
        return
    with object_store() as store:
        use_bucket(monkeypatch, store)
        yield "s3://backups/of/whence"


def use_bucket(monkeypatch: pytest.MonkeyPatch, store: ObjectStore) -> None:
    """The settings and the keys with which the program reaches this store."""
    monkeypatch.setenv("WHENCE_BACKUP__ENDPOINT", store.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret)


def placed(log: str) -> list[tuple[int, str, int, bytes]]:
    with closing(open_reader(WhenceSettings(log=log))) as reader:
        return list(reader.placed(0, reader.head()))


def taped(path: Path, *ticks: datetime) -> None:
    """Adds a session with these ticks to the tape of the log in this file."""
    with closing(SqliteTape(path, lambda: _NOON)) as tape:
        tape.take(
            SessionBegun(at=_NOON, folded=0, log_id=LOG_ID, account="paper", source="test", since=_NOON)
        )
        for at in ticks:
            tape.take(Tick(at))
        tape.keep()


def test_a_log_with_tape_and_tokens_is_restored_from_the_second_backup_and_read_only_until_it_is_adopted(
    whence: Whence, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHENCE_BACKUP__SEGMENT_EVENTS", "3")
    filled(_LOG, [opened(), *days("account-main", 1, 7)])
    taped(tmp_path / "whence.db", _NOON)
    assert whence("tokens", "create", "ann", "--role", "trader").code == 0
    assert whence("tokens", "create", "bob", "--role", "viewer").code == 0
    assert whence("tokens", "revoke", "bob").code == 0
    first = json.loads(whence("backup", place, "--json").out)
    filled(_LOG, days("account-main", 8, 9))
    taped(tmp_path / "whence.db", _NOON, _NOON + timedelta(seconds=1))
    made = whence("backup", place, "--json")
    second = json.loads(made.out)
    assert (first["events"], second["events"], second["segments"]) == (8, 10, 4)
    assert 0 < second["written_bytes"] < first["written_bytes"] + second["written_bytes"]
    assert [one["backup"] for one in json.loads(whence("backup", place, "--list", "--json").out)] == [1, 2]

    for name in ("whence.db", "whence.db.inputs", "whence.read.db"):
        (tmp_path / name).rename(tmp_path / f"lost-{name}")
    again = ("--log", "sqlite:///again.db")
    restored = whence("restore", place, *again)
    assert restored.code == 0, restored.err
    assert placed("sqlite:///again.db") == placed("sqlite:///lost-whence.db")
    theirs = [one.given for one in read_sqlite(tmp_path / "lost-whence.db")]
    assert [one.given for one in read_sqlite(tmp_path / "again.db")] == theirs
    assert "revoked after the backup: ann. `whence tokens revoke NAME`" in restored.err
    assert '"ann"' in whence("tokens", "list", "--json", *again).out
    with pytest.raises(NotAdopted):
        open_owned(WhenceSettings(log="sqlite:///again.db"))
    adopted = whence("log", "adopt", *again, "--source-lost", "--by", "me")
    assert (adopted.code, "Nothing proves" in adopted.err) == (0, False), adopted.err
    open_owned(WhenceSettings(log="sqlite:///again.db")).close()

    earlier = whence("restore", place, "--backup", "1", "--log", "sqlite:///earlier.db")
    assert earlier.code == 0, earlier.err
    assert placed("sqlite:///earlier.db") == placed("sqlite:///lost-whence.db")[:8]


def test_only_segments_that_the_last_backup_lacks_are_written(whence: Whence, tmp_path: Path) -> None:
    settings = WhenceSettings(log=_LOG, backup=BackupTable(segment_events=2))
    assert whence("backup", "none", "--list").err == "none has no backup\n"
    filled(_LOG, [opened(), *days("account-main", 1, 4)])
    place = FolderPlace(tmp_path / "kept")
    backed_up(settings, place, lambda: _NOON)
    before = {one: (tmp_path / "kept" / one).stat().st_ino for one in place.names("events")}
    filled(_LOG, days("account-main", 5, 6))
    second = backed_up(settings, place, lambda: _NOON).manifest
    after = {one: (tmp_path / "kept" / one).stat().st_ino for one in place.names("events")}
    assert [(one.first, one.last) for one in second.segments] == [(1, 2), (3, 4), (5, 6), (7, 7)]
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2
    assert backed_up(settings, place, lambda: _NOON).written == 0


def test_a_drill_restores_projects_and_compares_a_log_of_orders_and_positions(
    whence: Whence, place: str, sealed_log: Path, tmp_path: Path
) -> None:
    shutil.copy(sealed_log, tmp_path / "whence.db")
    assert whence("notary", "run", "--once", "--log", _LOG).code == 0
    assert whence("backup", place).code == 0
    before = {one.name: one.stat().st_mtime_ns for one in tmp_path.iterdir()}
    done = whence("drill", place, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["events"], found["behind_events"], found["balances"]) == (159, 0, 1)
    assert (found["checkpoint"], found["doubt"]) == (159, "")
    assert found["seconds"].keys() == {"restore", "project", "compare"}
    assert {one.name: one.stat().st_mtime_ns for one in tmp_path.iterdir()} == before
    words = whence("drill", place).out
    assert "Equal: 159 events, 1 balances" in words
    assert "It took " in words


def test_a_drill_of_a_log_that_ends_with_an_open_order_compares_it(whence: Whence, sealed_log: Path) -> None:
    world = World()
    with closing(open_reader(WhenceSettings(log=f"sqlite:///{sealed_log}"))) as source:
        begun = list[Recorded]()
        for one in source.read():
            world.fold(one.envelope)
            begun.append(one)
            if isinstance(world.states[one.envelope.meta.stream], Working):
                break
    with closing(open_owned(WhenceSettings(log=_LOG))) as log:
        log.append_recorded(begun)
    assert whence("backup", "kept").code == 0
    done = whence("drill", "kept", "--json")
    assert (done.code, json.loads(done.out)["open_orders"]) == (0, 1), done.err


_ORDER = OpenOrder("BTCUSDT-LINEAR.BYBIT", "BUY", "ACCEPTED", Decimal(1), Decimal(0))


@pytest.mark.parametrize(
    ("restored", "fault"),
    [
        (
            Standing({"main": Decimal(99)}, {"main a": _ORDER}),
            "balances differ, first of main: 100 in the log, 99",
        ),
        (Standing({"main": Decimal(100)}, {}), "orders differ, first of main a: .*, None in the read models"),
        (
            Standing({"main": Decimal(100)}, {"main a": _ORDER._replace(filled=Decimal(1))}),
            "orders differ, first of main a",
        ),
    ],
    ids=["another balance", "an order is missing", "an order has another fill"],
)
def test_a_standing_that_differs_is_named(restored: Standing, fault: str) -> None:
    original = Standing({"main": Decimal(100)}, {"main a": _ORDER})
    check_equal("backup 1", original, original)
    with pytest.raises(LogCorrupt, match=fault):
        check_equal("backup 1", original, restored)


def _of(folder: Path, name: str) -> Path:
    return next(iter(sorted((folder / name).iterdir())))


@pytest.mark.parametrize(
    ("part", "fault"),
    [("events", "is not as the backup made it"), ("tape", "is not as the backup made it")],
)
def test_a_changed_or_missing_file_ends_restore_and_drill_with_its_name(
    whence: Whence, tmp_path: Path, part: str, fault: str
) -> None:
    filled(_LOG, [opened(), day("account-main", 1)])
    taped(tmp_path / "whence.db", _NOON)
    assert whence("backup", "kept").code == 0
    path = _of(tmp_path / "kept", part)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    for words in (("restore", "kept", "--log", "sqlite:///again.db"), ("drill", "kept")):
        refused = whence(*words)
        assert (refused.code, fault in refused.err, path.name in refused.err) == (4, True, True), refused.err
    path.unlink()
    refused = whence("drill", "kept")
    assert (refused.code, "it was removed" in refused.err) == (4, True), refused.err


def test_a_forged_manifest_proves_nothing_and_a_drill_finds_its_other_events(
    whence: Whence, tmp_path: Path
) -> None:
    filled(_LOG, [opened(), day("account-main", 1)])
    filled("sqlite:///other.db", [opened(), day("account-main", 1), day("account-main", 2)])
    assert whence("backup", "kept").code == 0
    assert whence("backup", "forged", "--log", "sqlite:///other.db").code == 0
    manifest = tmp_path / "forged" / "manifests" / "00000001.json"
    manifest.write_text(manifest.read_text().replace('"tape_from": 0', '"tape_from": 1'))
    refused = whence("restore", "forged", "--log", "sqlite:///again.db")
    assert (refused.code, "its signature was not made for this content" in refused.err) == (1, True)
    accepted = whence("restore", "forged", "--log", "sqlite:///again.db", "--without-proof")
    assert (accepted.code, "Nothing proves who wrote" in accepted.err) == (0, True), accepted.err
    shorter = whence("drill", "forged")
    assert (shorter.code, "the log has lost events" in shorter.err) == (4, True), shorter.err


def test_after_a_changed_manifest_the_whole_tape_is_read_again(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.backup.making._TAPE_BYTES", 1)
    settings, place = WhenceSettings(log=_LOG), FolderPlace(tmp_path / "kept")
    filled(_LOG, [opened(), day("account-main", 1)])
    for seconds in (1, 2):
        taped(tmp_path / "whence.db", _NOON + timedelta(seconds=seconds))
    first = backed_up(settings, place, lambda: _NOON).manifest
    assert len(first.tape) > 1
    path = tmp_path / "kept" / "manifests" / "00000001.json"
    path.write_bytes(encoded(replace(first, tape=first.tape[1:])))
    second = backed_up(settings, place, lambda: _NOON).manifest
    assert second.tape == first.tape
    assert second.signature


def test_a_store_of_an_earlier_version_is_refused_and_stays_as_it_is(whence: Whence, tmp_path: Path) -> None:
    filled(_LOG, [opened(), day("account-main", 1)])
    with migrated_store(WhenceSettings(log=_LOG)) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0007'"))
    before = (tmp_path / "whence.read.db").read_bytes()
    refused = whence("backup", "kept")
    assert (refused.code, "was set up by an earlier version of this program" in refused.err) == (1, True)
    assert (tmp_path / "whence.read.db").read_bytes() == before
    assert numbers(FolderPlace(tmp_path / "kept")) == []


def test_a_place_of_another_log_and_a_log_that_lost_events_are_refused(
    whence: Whence, tmp_path: Path
) -> None:
    filled(_LOG, [opened(), *days("account-main", 1, 3)])
    shutil.copy(tmp_path / "whence.db", tmp_path / "earlier.db")
    filled(_LOG, [day("account-main", 4)])
    assert whence("backup", "kept").code == 0
    refused = whence("backup", "kept", "--log", "sqlite:///earlier.db")
    assert (refused.code, "the log ends at event 4, and backup 1" in refused.err) == (1, True), refused.err
    assert whence("paper", "--log", "sqlite:///paper.db", "--bars", "50").code == 0
    refused = whence("backup", "kept", "--log", "sqlite:///paper.db")
    assert (refused.code, "has backups of the log" in refused.err) == (2, True), refused.err
    assert numbers(FolderPlace(tmp_path / "kept")) == [1]


def test_a_full_disk_leaves_the_earlier_backups_and_no_half_file(whence: Whence, tmp_path: Path) -> None:
    settings = WhenceSettings(log=_LOG, backup=BackupTable(segment_events=100_000))
    place = FolderPlace(tmp_path / "kept")
    filled(_LOG, [opened(), *days("account-main", 1, 3)])
    backed_up(settings, place, lambda: _NOON)
    before = sorted(one for one in (tmp_path / "kept").rglob("*") if one.is_file())
    filled(_LOG, days("account-main", 4, 2_000))
    with files_of_at_most(40_000), pytest.raises(BackupUnavailable, match="File too large"):
        backed_up(settings, place, lambda: _NOON)
    assert sorted(one for one in (tmp_path / "kept").rglob("*") if one.is_file()) == before
    with files_of_at_most(40_000):
        full = whence("drill", "kept")
    assert (full.code, "Traceback" in full.err) == (4, False), full.err
    assert backed_up(settings, place, lambda: _NOON).manifest.number == 2


def test_a_full_bucket_and_one_that_does_not_answer_end_a_backup_without_a_secret(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(_LOG, [opened(), day("account-main", 1)])
    with object_store() as store:
        use_bucket(monkeypatch, store)
        store.is_full = True
        full = whence("backup", "s3://backups")
        assert full.code == 4, full.err
        assert store.objects == {}
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
        wrong = whence("backup", "s3://backups")
    assert (wrong.code, "wrong-secret" in wrong.err) == (4, False), wrong.err
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    missing = whence("backup", "s3://backups")
    assert (missing.code, "no aws_secret_access_key is known" in missing.err) == (2, True), missing.err


@pytest.mark.parametrize(("later", "left"), [(0, [1, 2, 3, 4]), (11, [2, 3, 4]), (4_000, [3, 4])])
def test_old_backups_go_with_the_files_that_no_other_names_also_after_a_jump_of_the_clock(
    tmp_path: Path, later: int, left: list[int]
) -> None:
    table = BackupTable(segment_events=2, keep_days=10, keep_least=2)
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'whence.db'}", backup=table)
    place = FolderPlace(tmp_path / "kept")
    filled(settings.log, [opened(), day("account-main", 1)])
    # The clock is set back before the last backup.
    for number, at in enumerate((0, 2, 4, -300), 1):
        backed_up(settings, place, lambda at=at: _NOON + timedelta(days=at))  # type: ignore[misc]
        filled(settings.log, [day("account-main", number + 1)])
    removed = remove_old_backups(table, place, _NOON + timedelta(days=later))
    assert [*removed, *numbers(place)] == [1, 2, 3, 4]
    assert numbers(place) == left
    assert [len(placed(settings.log)), len(place.names("events")) > 0] == [6, True]


def test_a_second_backup_at_the_same_time_is_refused_and_the_first_stays(tmp_path: Path) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'whence.db'}")
    place = FolderPlace(tmp_path / "kept")
    filled(settings.log, [opened(), day("account-main", 1)])

    def meanwhile() -> datetime:
        backed_up(settings, place, lambda: _NOON)
        return _NOON

    with pytest.raises(Refused, match="another backup was made at the same time"):
        backed_up(settings, place, meanwhile)
    assert numbers(place) == [1]


def test_no_setting_limits_how_long_events_are_kept(whence: Whence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENCE_BACKUP__EVENTS_DAYS", "30")
    refused = whence("backup", "kept")
    assert (refused.code, "WHENCE_BACKUP__EVENTS_DAYS" in refused.err) == (2, True), refused.err
