"""A full disk ends a command with one sentence and exit code 4, not with a traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.journeys.program import WHENCE, environment

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("words", [["settings"], ["--help"]])
def test_an_output_on_a_full_disk_is_one_sentence(tmp_path: Path, words: list[str]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [WHENCE, *words],
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.stderr == "whence: the output cannot be written: No space left on device\n"
    assert done.returncode == 4


@pytest.mark.parametrize(
    ("kilobytes", "words"),
    [
        (100, ["paper", "--bars", "2000", "--log", "sqlite:///a.db"]),
        (40, ["tokens", "create", "me", "--role", "viewer", "--log", "sqlite:///a.db"]),
    ],
    ids=["log", "store"],
)
def test_a_log_or_a_store_on_a_full_disk_is_one_sentence(
    tmp_path: Path, kilobytes: int, words: list[str]
) -> None:
    """The shell's limit on the size of a file takes effect for root, too."""
    limited = ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "bash", str(WHENCE), *words]
    done = subprocess.run(
        limited, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("whence: ")
    assert done.stderr.splitlines()[-1].endswith(("disk I/O error", "disk is full"))
    assert done.returncode == 4
