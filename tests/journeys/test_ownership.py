"""One engine owns a log. A second engine is refused with the name of the owner, and the first engine continues."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.log import Recorded
from tests.journeys.program import running, wait_for, whence
from tests.journeys.runs import events_at

TAPE = ("--bars", "5000")
PACED = (*TAPE, "--pace", "30000x")  # fifty seconds unless it is ended


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Recorded]:
    """The events of a run of the same tape on a log that no other engine uses."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert whence(folder, "paper", *TAPE, "--log", "sqlite:///run.db").returncode == 0
    return events_at(f"sqlite:///{folder / 'run.db'}")


def test_a_second_engine_is_refused_with_the_owners_name_until_the_owner_is_killed(
    tmp_path: Path, address: str, undisturbed: Sequence[Recorded]
) -> None:
    """The second program may still read the log. After the owner was killed, the next engine completes the log."""
    with running(tmp_path, "paper", *PACED, "--log", address) as owner:
        wait_for(address, 7)
        second = whence(tmp_path, "paper", *TAPE, "--log", address)
        assert (second.returncode, second.stdout) == (3, "")
        message = second.stderr.splitlines()[-1]
        assert f" is owned by process {owner.pid} on {socket.gethostname()} since 20" in message
        assert "read" in message, "it names what is still possible"
        assert "Traceback" not in second.stderr
        read = whence(tmp_path, "log", "--to", "7", "--json", "--log", address)
        assert (read.returncode, len(read.stdout.splitlines())) == (0, 7), read.stderr
        wait_for(address, len(events_at(address)) + 1)
        assert owner.is_alive, "the owner goes on"
        owner.kill()
    left = events_at(address)
    assert 7 < len(left) < len(undisturbed)
    began = time.monotonic()
    third = whence(tmp_path, "paper", *TAPE, "--log", address)
    assert third.returncode == 0, third.stderr
    assert time.monotonic() - began < 30, "a dead owner does not block the log"
    assert events_at(address) == undisturbed


def test_two_partitions_of_a_topic_are_owned_separately(
    tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str, undisturbed: Sequence[Recorded]
) -> None:
    """The owner of one partition does not block the engine of the other partition."""
    topic = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    with running(tmp_path, "paper", *PACED, "--log", f"{topic}?partition=1") as owner:
        wait_for(f"{topic}?partition=1", 7)
        done = whence(tmp_path, "paper", *TAPE, "--log", f"{topic}?partition=0")
        assert done.returncode == 0, done.stderr
        assert owner.is_alive
    assert events_at(f"{topic}?partition=0") == undisturbed
