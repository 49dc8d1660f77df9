"""One engine owns a log: whoever comes second is told who has it, and the first goes on."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from domain.log import Recorded
from tests.journeys.program import running, wait_for, whence
from tests.journeys.runs import told_at

TAPE = ("--bars", "1500", "--seed", "4")


def test_the_second_is_told_who_owns_the_log(tmp_path: Path, address: str) -> None:
    """And when the owner was killed, the next one starts at once and makes the log whole."""
    with running(tmp_path, "paper", *TAPE, "--pace", "30000x", "--log", address) as owner:
        wait_for(address, 10)
        second = whence(tmp_path, "paper", *TAPE, "--log", address)
        assert (second.returncode, second.stdout) == (3, "")
        said = second.stderr.splitlines()[-1]
        assert f" is owned by process {owner.pid} on {socket.gethostname()} since 20" in said
        assert "read" in said, "what can be done all the same"
        assert "Traceback" not in second.stderr
        assert owner.is_alive
        wait_for(address, len(told_at(address)) + 1)
        owner.kill()
    left = told_at(address)
    third = whence(tmp_path, "paper", *TAPE, "--log", address)
    assert third.returncode == 0, third.stderr
    assert told_at(address)[: len(left)] == left
    assert told_at(address) == reference(tmp_path)


def reference(folder: Path) -> Sequence[Recorded]:
    """What a run of the same tape records that nobody disturbed."""
    assert whence(folder, "paper", *TAPE, "--log", "sqlite:///reference.db").returncode == 0
    return told_at(f"sqlite:///{folder / 'reference.db'}")


def test_two_partitions_are_two_logs(tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str) -> None:
    """An owner of one leaves the other to anybody."""
    first, second = (
        f"kafka://{kafka_bootstrap_servers}/{kafka_topic}?partition={number}" for number in (1, 0)
    )
    with running(tmp_path, "paper", *TAPE, "--pace", "30000x", "--log", first) as owner:
        wait_for(first, 10)
        done = whence(tmp_path, "paper", *TAPE, "--log", second)
        assert done.returncode == 0, done.stderr
        assert owner.is_alive
    assert told_at(second) == reference(tmp_path)


def test_a_reader_needs_no_ownership(tmp_path: Path, address: str) -> None:
    with running(tmp_path, "paper", *TAPE, "--pace", "30000x", "--log", address) as owner:
        wait_for(address, 10)
        read = whence(tmp_path, "log", "--to", "7", "--json", "--log", address)
        assert (read.returncode, len(read.stdout.splitlines())) == (0, 7), read.stderr
        assert owner.is_alive
