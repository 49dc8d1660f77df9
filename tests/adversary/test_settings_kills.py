"""An engine is killed between the submission, the holding, the review and the rollback of settings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.adversary.dying_settings import REQUESTS
from tests.journeys.program import PATIENCE


def outcomes(address: str, steps: Sequence[int]) -> Sequence[dict[str, Any]]:
    """The outcome without a death, and then that of the engine after each death."""
    words = [sys.executable, "-m", "tests.adversary.dying_settings", address, *map(str, steps)]
    done = subprocess.run(
        words,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=PATIENCE * 4,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(whole: dict[str, Any], after: dict[str, Any], step: int) -> None:
    """After a death at this step the settings are those of the log, and the requests lead to the same end once."""
    begun = after["folded"]
    if step > whole["steps"][0]:
        answered = sum(1 for taken in whole["steps"][1:] if taken <= step)
        assert begun == whole["states"][answered], step
    assert after["states"][0] == begun, step
    assert after["states"][-1] == whole["states"][-1], step
    assert after["head"] == whole["head"], step


def test_after_a_kill_at_any_append_the_settings_in_force_and_held_are_those_of_the_log(
    tmp_path: Path,
) -> None:
    address = f"sqlite:///{tmp_path}/{{}}.db"
    (whole,) = outcomes(address, [])
    steps = range(1, whole["steps"][-1] + 1)
    assert len(steps) >= 2 * len(REQUESTS)
    killed = outcomes(f"sqlite:///{tmp_path}/again-{{}}.db", steps)[1:]
    assert len(killed) == len(steps)
    for step, after in zip(steps, killed, strict=True):
        check(whole, after, step)


def test_after_a_kill_the_settings_in_force_and_held_are_those_of_a_log_on_kafka(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    """Before the holding, after it, and after the review."""
    address = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}.{{}}"
    (whole,) = outcomes(address, [])
    held, _more, reviewed, _rolled = whole["steps"][1:]
    steps = (held - 1, held, reviewed)
    for step, after in zip(steps, outcomes(address.replace("{}", "x{}"), steps)[1:], strict=True):
        check(whole, after, step)
