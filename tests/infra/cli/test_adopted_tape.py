"""The tape of a log that was moved: it goes with the adoption, and makes the whole log again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.inputs.sqlite import tape_path
from adapters.log.sqlite import open_sqlite
from infra.config import WhenceSettings
from infra.inputs import taped_inputs
from tests.infra.cli.conftest import Whence
from tests.infra.run.taped import replayed, trade


def moved(whence: Whence, source: str, copy: str) -> None:
    """Copies the log and adopts the copy."""
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    done = whence("log", "adopt", "--log", copy, "--source", source)
    assert (done.code, "The tape of inputs" in done.err) == (0, False), done.err


def test_a_log_that_was_moved_between_two_sessions_is_made_again_from_its_tape(
    whence: Whence, tmp_path: Path
) -> None:
    source, copy = tmp_path / "a.db", tmp_path / "b.db"
    trade(source, 0, 60)
    moved(whence, f"sqlite:///{source}", f"sqlite:///{copy}")
    trade(copy, 62, 200)
    with closing(open_sqlite(tmp_path / "again.db", AvroCodec())) as again:
        replay = replayed(copy, into=again)
    assert (replay.difference, replay.sessions) == (None, 2)


def test_a_tape_of_an_earlier_adoption_that_did_not_end_is_replaced(whence: Whence, tmp_path: Path) -> None:
    source, copy = tmp_path / "a.db", tmp_path / "b.db"
    trade(source, 0, 60)
    assert whence("log", "copy", "--from", f"sqlite:///{source}", "--to", f"sqlite:///{copy}").code == 0
    tape_path(copy).write_bytes(tape_path(source).read_bytes())
    trade(source, 62, 120)
    moved(whence, f"sqlite:///{source}", f"sqlite:///{copy}")
    with closing(open_sqlite(tmp_path / "again.db", AvroCodec())) as again:
        assert replayed(copy, into=again).difference is None


def test_a_damaged_tape_ends_no_adoption_and_is_named(whence: Whence, tmp_path: Path) -> None:
    source, copy = tmp_path / "a.db", tmp_path / "b.db"
    trade(source, 0, 30)
    tape_path(source).write_bytes(b"no tape")
    assert whence("log", "copy", "--from", f"sqlite:///{source}", "--to", f"sqlite:///{copy}").code == 0
    done = whence("log", "adopt", "--log", f"sqlite:///{copy}", "--source", f"sqlite:///{source}")
    assert done.code == 0, done.err
    assert "The tape of inputs stays with" in done.err
    assert not tape_path(copy).exists()


@pytest.mark.servers
def test_the_tape_follows_a_log_onto_kafka(
    whence: Whence, tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    source, topic = tmp_path / "a.db", f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    trade(source, 0, 60)
    inputs = list(taped_inputs(WhenceSettings(log=f"sqlite:///{source}")))
    moved(whence, f"sqlite:///{source}", topic)
    assert list(taped_inputs(WhenceSettings(log=topic))) == inputs
