"""Two nodes share two accounts over the partitions of a topic: one is killed, and one is stopped while it sends."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.program import whence
from tests.torture.accounts import desk, killed, spread, stopped_while_sending


def test_the_account_of_a_killed_node_goes_on_elsewhere_and_a_stopped_one_sends_nothing_stale(
    kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    applied = whence(tmp_path, "topics", "apply", "--partitions", "2", "--log", log)
    assert applied.returncode == 0, applied.stderr
    with desk(tmp_path, log, 2) as made:
        spread(made, 2)
        listed = whence(tmp_path, "accounts", "list", "accounts.toml", "--log", log)
        assert [str(one.process.pid) in listed.stdout for one in made.nodes] == [True, True], listed
        killed(made)
        status = whence(tmp_path, "status", "--log", log)
        assert {name for name in ("engine alpha", "engine beta") if name in status.stdout} == {
            "engine alpha",
            "engine beta",
        }
        stopped_while_sending(made)
