"""One engine owns a log: whoever comes second is told who has it, and the first goes on."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.log import Recorded
from tests.journeys.program import running, wait_for, whence
from tests.journeys.runs import told_at

TAPE = ("--bars", "5000")
PACED = (*TAPE, "--pace", "30000x")  # fifty seconds, if nobody ends it


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Recorded]:
    """What a run of the same tape records that has its log to itself."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert whence(folder, "paper", *TAPE, "--log", "sqlite:///run.db").returncode == 0
    return told_at(f"sqlite:///{folder / 'run.db'}")


def test_the_second_is_told_who_owns_the_log(
    tmp_path: Path, address: str, undisturbed: Sequence[Recorded]
) -> None:
    """It may read; and when the owner was killed, the next one starts at once and makes the log whole."""
    with running(tmp_path, "paper", *PACED, "--log", address) as owner:
        wait_for(address, 7)
        second = whence(tmp_path, "paper", *TAPE, "--log", address)
        assert (second.returncode, second.stdout) == (3, "")
        said = second.stderr.splitlines()[-1]
        assert f" is owned by process {owner.pid} on {socket.gethostname()} since 20" in said
        assert "read" in said, "what can be done all the same"
        assert "Traceback" not in second.stderr
        read = whence(tmp_path, "log", "--to", "7", "--json", "--log", address)
        assert (read.returncode, len(read.stdout.splitlines())) == (0, 7), read.stderr
        wait_for(address, len(told_at(address)) + 1)
        assert owner.is_alive, "it went on, undisturbed"
        owner.kill()
    left = told_at(address)
    assert 7 < len(left) < len(undisturbed)
    began = time.monotonic()
    third = whence(tmp_path, "paper", *TAPE, "--log", address)
    assert third.returncode == 0, third.stderr
    assert time.monotonic() - began < 30, "a dead owner keeps nobody out"
    assert told_at(address) == undisturbed


def test_two_partitions_are_two_logs(
    tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str, undisturbed: Sequence[Recorded]
) -> None:
    """An owner of one leaves the other to anybody."""
    topic = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    with running(tmp_path, "paper", *PACED, "--log", f"{topic}?partition=1") as owner:
        wait_for(f"{topic}?partition=1", 7)
        done = whence(tmp_path, "paper", *TAPE, "--log", f"{topic}?partition=0")
        assert done.returncode == 0, done.stderr
        assert owner.is_alive
    assert told_at(f"{topic}?partition=0") == undisturbed
