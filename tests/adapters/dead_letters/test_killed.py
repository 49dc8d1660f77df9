"""A process is killed while it keeps letters: what it reported as kept is there, and every letter has its original."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from infra.config import WhenceSettings
from tests.adapters.dead_letters.conftest import Opened

_KEPT = 35


def test_letters_that_were_reported_as_kept_survive_a_kill_and_each_has_its_original(
    settings: WhenceSettings, opened: Opened
) -> None:
    command = [sys.executable, "-m", "tests.adapters.dead_letters.keeping_process", settings.log]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        reported = [process.stdout.readline().strip() for _ in range(_KEPT)]
        process.kill()
        reported += [line.strip() for line in process.stdout if line.endswith("\n")]
    letters = opened()
    found = [one.id for one in letters.letters()]
    assert set(reported) <= set(found)
    assert all(letters.original(one) == b"x" * 20_000 for one in found)
