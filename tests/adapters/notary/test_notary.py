"""A notary: what it signs, and what it refuses to sign after a restart."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from confluent_kafka import Producer

from adapters.kafka import topic_table as topics
from adapters.notary.folder import CHECKPOINT, CHECKPOINTS, KEY, NODES, NotaryFolder
from adapters.notary.history import History, notes_in
from adapters.notary.key import opened as opened_note
from adapters.notary.notary import Notary, Pace
from adapters.notary.topic import CheckpointTopic
from adapters.notary.verifying import Trust, read_signed, verified
from domain.errors import InvalidInput, InvalidSettings, KeyRefused, LogCorrupt, ProofRefused, Refused
from domain.notary.checkpoint import parse_checkpoint
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.notary import opened_notary
from tests.adapters.log.conftest import Place, kept
from tests.adapters.notary.conftest import GENUINE, ORIGIN, Bench, balances

__all__ = ["kept"]
_WITHOUT_MARKS = ("DELETE FROM event_marks WHERE ordinal > 18", "DELETE FROM log_head")
MEMORY = (CHECKPOINTS, CHECKPOINT, NODES)
"""What a notary remembers, apart from its key."""


def sizes(folder: Path) -> list[int]:
    return [parse_checkpoint(note.text).size for note in notes_in(folder / CHECKPOINTS)]


def test_every_log_of_the_same_events_has_the_same_root(kept: Place, tmp_path: Path) -> None:
    """Neither the store nor what it adds to an event is in a leaf."""
    with closing(kept.own()) as log:
        log.append(GENUINE)
    with closing(NotaryFolder(tmp_path / "notary", ORIGIN)) as folder:
        with closing(Notary(kept.read(), folder)) as notary:
            notary.sign()
        last = folder.last()
    assert last is not None
    assert (last.size, last.root.hex()) == (
        20,
        "cab2f8f2748c47f1b16427ea712bd336e92b3058cc9b2186fca97af1f69b58ff",
    )


def test_a_notary_that_follows_signs_new_events_and_ends_when_it_is_stopped(bench: Bench) -> None:
    stopping = threading.Event()
    with bench.notary(Pace(seconds=0.02)) as notary:
        running = threading.Thread(target=notary.run, args=(stopping.is_set,))
        running.start()
        try:
            bench.write(balances(21, 22, first=20))
            _until(lambda: sizes(bench.folder)[-1] == 22)
        finally:
            stopping.set()
            running.join()
    assert notary.size == 22


def test_a_checkpoint_is_signed_at_the_latest_after_the_stated_number_of_events(bench: Bench) -> None:
    assert sizes(bench.folder) == [7, 14, 20]
    assert (bench.folder / CHECKPOINT).read_text() == str(notes_in(bench.folder / CHECKPOINTS)[-1])


def test_a_restarted_notary_continues_its_last_checkpoint_and_signs_nothing_twice(bench: Bench) -> None:
    assert bench.sign() == 20
    assert sizes(bench.folder) == [7, 14, 20]
    bench.write(balances(21, first=20))
    assert bench.sign() == 21
    assert sizes(bench.folder) == [7, 14, 20, 21]


def test_a_restarted_notary_does_not_sign_a_log_that_was_changed_before(bench: Bench) -> None:
    bench.rewritten([*GENUINE[:9], *balances(*range(110, 130), first=9)])
    with pytest.raises(LogCorrupt, match="ordinal 10: this is not the event"):
        bench.sign()
    assert sizes(bench.folder) == [7, 14, 20]


def test_a_running_notary_does_not_sign_a_log_that_became_shorter(bench: Bench) -> None:
    with bench.notary() as notary, closing(sqlite3.connect(bench.path)) as file:
        for statement in ("DELETE FROM stored_events WHERE rowid > 18", *_WITHOUT_MARKS):
            file.execute(statement)
        file.commit()
        with pytest.raises(LogCorrupt):
            notary.sign()
    assert sizes(bench.folder) == [7, 14, 20]


def test_a_torn_checkpoint_of_a_killed_notary_is_cut_wherever_it_was_torn(bench: Bench) -> None:
    path = bench.folder / CHECKPOINTS
    whole, notes = path.read_bytes(), notes_in(path)
    begin = len(f"{notes[0]}\n{notes[1]}\n".encode())
    for end in range(begin, len(whole) - 1, 11):
        path.write_bytes(whole[:end])
        history = History(path, ORIGIN)
        assert history.last == notes[1]
        history.append(notes[2])
        history.close()
        assert path.read_bytes() == whole


def test_the_last_of_many_checkpoints_is_read_without_the_others(bench: Bench) -> None:
    path = bench.folder / CHECKPOINTS
    path.write_bytes(b"not read\n\n" + b"x" * 70_000 + b"\n\n" + path.read_bytes() * 3)
    whole = path.read_bytes()
    history = History(path, ORIGIN)
    assert history.last == notes_in(bench.folder / CHECKPOINT)[0]
    history.close()
    assert path.read_bytes() == whole
    with pytest.raises(InvalidInput, match=r"the last 65,536 bytes of .* hold no checkpoint of whence/other"):
        History(path, "whence/other")


def test_a_folder_that_cannot_be_used_ends_the_notary_with_one_sentence(bench: Bench) -> None:
    (bench.folder / f".{NODES}").mkdir()
    with pytest.raises(Refused, match=r"the notary's folder .* cannot be used: Is a directory"):
        bench.sign()


def test_a_file_that_holds_something_else_is_refused_with_the_line(bench: Bench) -> None:
    path = bench.folder / CHECKPOINTS
    path.write_text(path.read_text() + "something\n\nelse\n\n")
    with pytest.raises(InvalidInput, match=r"checkpoints, byte \d+: this is no signed checkpoint"):
        bench.sign()


def test_nodes_that_were_damaged_are_made_again_from_the_log(bench: Bench) -> None:
    genuine = (bench.folder / NODES).read_bytes()
    (bench.folder / NODES).write_bytes(os.urandom(500))
    assert bench.sign() == 20
    assert (bench.folder / NODES).read_bytes() == genuine


def test_a_second_notary_on_the_same_folder_is_refused(bench: Bench) -> None:
    with bench.notary(), pytest.raises(Refused, match="another notary runs on"):
        bench.sign()


def test_the_folder_of_another_log_is_refused(tmp_path: Path) -> None:
    NotaryFolder(tmp_path / "other", "whence/other").close()
    with pytest.raises(KeyRefused, match="is the folder of whence/other, and the log is"):
        NotaryFolder(tmp_path / "other", ORIGIN)


def test_a_key_or_a_folder_that_others_have_rights_to_is_refused(bench: Bench) -> None:
    assert (bench.folder / KEY).stat().st_mode & 0o777 == 0o600
    (bench.folder / KEY).chmod(0o644)
    with pytest.raises(InvalidSettings, match="others can read"):
        bench.sign()
    (bench.folder / KEY).chmod(0o600)
    bench.folder.chmod(0o777)
    with pytest.raises(KeyRefused, match="can be written by other users"):
        bench.sign()


def test_a_folder_without_its_key_gets_no_new_one(bench: Bench) -> None:
    (bench.folder / KEY).unlink()
    with pytest.raises(KeyRefused, match="has checkpoints but no key"):
        bench.sign()


def test_checkpoints_that_another_key_has_signed_are_refused(bench: Bench, tmp_path: Path) -> None:
    other = bench.copied(tmp_path / "other")
    shutil.rmtree(other.folder)
    other.sign()
    shutil.copy(other.folder / CHECKPOINTS, bench.folder / CHECKPOINTS)
    with pytest.raises(ProofRefused, match="the checkpoint has no signature of"):
        bench.sign()


@pytest.mark.parametrize(
    "form", ["PRIVATE+KEY+{origin}+00000000+{secret}\n", "{secret}\n", "PRIVATE+KEY+a b+00000000+{secret}\n"]
)
def test_the_secret_of_a_damaged_key_is_in_no_message(bench: Bench, form: str) -> None:
    path = bench.folder / KEY
    secret = path.read_text().strip().rpartition("+")[2]
    path.write_text(form.format(origin=ORIGIN, secret=secret))
    with pytest.raises(KeyRefused, match="restore it from its copy") as refused:
        bench.sign()
    assert secret not in str(refused.value)


def test_a_git_repository_has_each_checkpoint_and_refuses_a_notary_that_has_forgotten_them(
    bench: Bench, tmp_path: Path
) -> None:
    repository = tmp_path / "git"
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    bench.sign(git=repository)
    bench.write(balances(21, first=20))
    bench.sign(git=repository)
    counted = ["git", "-C", str(repository), "rev-list", "--count", "HEAD"]
    assert subprocess.run(counted, check=True, capture_output=True, text=True).stdout == "2\n"
    for name in MEMORY:
        (bench.folder / name).unlink()
    bench.rewritten([*GENUINE, *balances(99, first=20)])
    with pytest.raises(LogCorrupt, match="the events up to ordinal 21 are not those of which a checkpoint"):
        bench.sign(git=repository)


def test_a_folder_that_is_no_git_repository_is_refused(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no working tree of git"):
        bench.sign(git=tmp_path / "none")


def test_the_topic_of_checkpoints_has_each_of_them_and_strangers_change_nothing(
    kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    events, folder = f"{kafka_topic}.events", tmp_path / "notary"
    settings = WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{events}")
    with closing(open_owned(settings)) as log:
        log.append(GENUINE)
    with opened_notary(settings, folder, None, Pace(events=7)) as notary:
        notary.sign()
    note = (folder / CHECKPOINT).read_bytes()
    stranger = Producer({"bootstrap.servers": kafka_bootstrap_servers})
    for key, value in ((ORIGIN, b"\xff"), (ORIGIN, note.replace(b"\n20\n", b"\n30\n")), ("other", note)):
        stranger.produce(topics.CHECKPOINTS.name(events), value, key)
    assert stranger.flush(10) == 0
    with closing(NotaryFolder(folder, ORIGIN)) as found:
        verifier = found.key.verifier
    topic = CheckpointTopic(kafka_bootstrap_servers, events, {}, verifier, opened_note)
    assert (topic.topic, topic.last()) == (f"{kafka_topic}.checkpoints", note.decode())
    topic.close()


def test_a_verification_from_where_an_earlier_one_ended_compares_later_checkpoints_only(bench: Bench) -> None:
    first = bench.verify()
    bench.write(balances(21, 22, first=20))
    bench.sign()
    with closing(open_reader(bench.settings)) as log:
        signed = read_signed(bench.folder, Trust(bench.key))
        second = verified(log, signed, bench.folder, first.tree)
    assert (second.tree.size, second.agreeing) == (22, 1)


def _until(reached: Callable[[], bool]) -> None:
    waits = threading.Event()
    for turn in count():
        if reached():
            return
        assert turn < 1_000, "not reached in 10 s"
        waits.wait(0.01)
