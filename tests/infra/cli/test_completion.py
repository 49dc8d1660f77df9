"""`whence --help` and completion: what they print, and that they import nothing heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from domain.strategies.builtin import BUILTIN
from infra.cli import COMMANDS
from tests.infra.cli.conftest import Whence

HEAVY = (
    "aiokafka", "alembic", "confluent_kafka", "eventsourcing", "fastavro", "msgspec", "numpy", "psycopg",
    "pydantic_settings", "rich", "sqlalchemy", "starlette", "strawberry", "structlog",
)  # fmt: skip
_PROGRAM = """
import sys
from infra.cli import main
sys.argv[0] = "whence"
try:
    main()
finally:
    sys.stderr.write("\\n".join(["", "MODULES", *(name for name, module in sys.modules.items() if module)]))
"""


def bash(line: str) -> Mapping[str, str]:
    """The environment in which bash completes the last word of `line`; bash splits words at colons."""
    words = line.replace(":", " : ").split(" ")
    place = str(len(words) - 1)
    return {"_WHENCE_COMPLETE": "complete_bash", "COMP_WORDS": "\n".join(words), "COMP_CWORD": place}


def zsh(line: str) -> Mapping[str, str]:
    """The environment in which zsh completes the last word of `line`."""
    return {"_WHENCE_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line}


def run(folder: Path, words: Sequence[str], environment: Mapping[str, str]) -> tuple[str, set[str]]:
    """What the program prints, and the names of the modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *words],
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    complaint, _, modules = done.stderr.partition("\nMODULES\n")
    assert "Traceback" not in complaint, complaint
    return done.stdout, set(modules.splitlines())


@pytest.fixture
def log(whence: Whence, tmp_path: Path) -> Path:
    """A folder with a log, `first.db`."""
    assert whence("paper", "--bars", "600", "--log", "sqlite:///first.db").code == 0
    return tmp_path


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        pytest.param(["--help"], {}, id="help"),
        pytest.param(["--version"], {}, id="version"),
        *(pytest.param([name, "--help"], {}, id=f"help of {name}") for name in COMMANDS),
        pytest.param([], bash("whence pa"), id="a command in bash"),
        pytest.param([], bash("whence paper --l"), id="an option in bash"),
        pytest.param([], zsh("whence projections "), id="a subcommand in zsh"),
        pytest.param([], zsh("whence explain --log "), id="a log in zsh"),
    ],
)
def test_help_and_completion_import_neither_log_nor_store_nor_servers(
    tmp_path: Path, words: Sequence[str], environment: Mapping[str, str]
) -> None:
    printed, modules = run(tmp_path, words, environment)
    assert printed
    assert "infra.cli" in modules
    assert sorted(name for name in HEAVY if name in modules) == []


@pytest.mark.parametrize("shell", [bash, zsh])
def test_a_command_and_an_option_are_completed(tmp_path: Path, shell: type) -> None:
    assert "projections" in run(tmp_path, [], shell("whence pro"))[0]
    assert "--symbol" in run(tmp_path, [], shell("whence paper --sy"))[0]


def test_logs_in_the_folder_are_completed_also_after_bashs_split_at_the_colon(log: Path) -> None:
    (log / "first.read.db").touch()
    assert run(log, [], zsh("whence log --log "))[0].count("first") == 1
    assert run(log, [], bash("whence log --log "))[0] == "sqlite:///first.db\n"
    assert run(log, [], bash("whence log --log sqlite:///fi"))[0] == "///first.db\n"


@pytest.mark.parametrize("shell", [bash, zsh])
def test_ids_of_the_named_log_are_completed(log: Path, whence: Whence, shell: type) -> None:
    found = run(log, [], shell("whence explain --log sqlite:///first.db "))[0].split()
    ids = [one.strip('"') for one in found if one.strip('"').endswith("-e1")]
    assert ids
    assert whence("explain", ids[0], "--log", "sqlite:///first.db").code == 0


@pytest.mark.parametrize("content", [b"", b"no log", b"SQLite format 3\x00 cut"])
def test_ids_of_a_file_that_is_no_log_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "whence.db").write_bytes(content)
    assert run(tmp_path, [], bash("whence explain "))[0].strip() == ""


def test_every_command_in_the_list_is_the_one_that_runs(whence: Whence) -> None:
    for name in COMMANDS:
        printed = whence(name, "--help")
        assert printed.code == 0
        assert f" {name} [OPTIONS]" in printed.out


def test_every_built_in_strategy_is_completed_without_its_module(tmp_path: Path) -> None:
    printed, modules = run(tmp_path, [], zsh("whence strategies describe "))
    assert [name for name in BUILTIN if f'"{name}"' not in printed] == []
    assert sorted(name for name in HEAVY if name in modules) == []


def test_the_version_is_printed(whence: Whence) -> None:
    done = whence("--version")
    assert (done.code, done.out.split()[0]) == (0, "whence")
