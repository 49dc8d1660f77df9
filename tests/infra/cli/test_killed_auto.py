"""`whence models auto` that is killed at every step of a training: the next passes end with the same file, registered
once, as one that was not killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import read_sqlite
from domain.model import ModelEvent, ModelPromoted, ModelRegistered
from tests.infra.cli.conftest import Whence
from tests.infra.cli.dying_auto import STEPS

ROOT = Path(__file__).parents[3]
STRATEGIES = "".join(
    f'[[trading.strategies]]\nname = "{name}"\n' for name in ("supertrend", "sar-wave", "mean-reversion")
)
WORDS = ("models", "auto", "--build", "data", "--member", "forest", "--api", "http://127.0.0.1:1")


def of_models(path: Path) -> list[ModelEvent]:
    with closing(read_sqlite(path, AvroCodec())) as log:
        events = (one.envelope.event for one in log.read())
        return [one for one in events if isinstance(one, ModelEvent)]


def killed(step: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.infra.cli.dying_auto", step, *WORDS],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, (step, done.stdout, done.stderr)


@pytest.mark.timeout(600)
def test_passes_that_are_killed_one_step_later_each_lead_to_the_same_file_and_one_registration(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whence.toml").write_text(STRATEGIES, encoding="utf-8")
    assert whence("paper", "--bars", "1500").code == 0
    whole = tmp_path / "whole"
    whole.mkdir()
    for one in [*tmp_path.glob("whence.*"), *tmp_path.glob("*.db*")]:
        shutil.copy(one, whole / one.name)
    for step in STEPS:
        killed(step, tmp_path)
    last = whence(*WORDS)
    assert (last.code, last.out.strip()) == (0, "nothing is due"), last
    monkeypatch.chdir(whole)
    undisturbed = whence(*WORDS)
    assert undisturbed.code == 0, undisturbed
    assert of_models(tmp_path / "whence.db") == of_models(whole / "whence.db")
    registered, role = of_models(whole / "whence.db")
    assert isinstance(registered, ModelRegistered)
    assert isinstance(role, ModelPromoted)
    for folder in ("models", "data"):
        assert contents(tmp_path / folder) == contents(whole / folder)


def contents(folder: Path) -> dict[str, bytes]:
    """The files below the folder; not those that a killed process had not completed."""
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and not one.name.startswith(".")
    }
