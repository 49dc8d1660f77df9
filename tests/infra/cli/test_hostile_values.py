"""Every option of every command that takes an address, a file, a number or a time refuses hostile values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from infra.cli import application
from tests.infra.cli.conftest import Whence

LONG = "x" * 300
NUMBERS = ("9" * 26, f"-{'9' * 26}", "9" * 5_000, "1e3", "", "\N{ARABIC-INDIC DIGIT THREE}", "NaN", "1_0")
TIMES = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2025-13-01", "9" * 400, "", "now")
FILES = (LONG, "x" * 5_000, f"{'a/' * 2_500}b", f"gone/{LONG}")
URLS = (
    "sqlite:///a%00b.db",
    f"sqlite:///{LONG}.db",
    f"sqlite:///{'x' * 5_000}",
    f"sqlite:///{'a/' * 2_500}b",
    f"sqlite:///{'%C3%A9' * 150}.db",
    "postgresql://host:99999/x",
    "postgresql://[::1/x",
    "kafka://host:1/topic?partition=99999999999",
    "file:///x",
    "",
)
BY_METAVAR = {"URL": URLS, "FILE": FILES, "N": NUMBERS}
BY_NAME = {
    "since": TIMES,
    "until": TIMES,
    "pace": (*NUMBERS, f"{'9' * 400}x", "0x", "-1x"),
    "rate": ("9" * 400, "-1/minute", f"{'9' * 400}/minute"),
    "balance": ("9" * 400, "-1", "NaN", "1e999", ""),
    "leverage": ("9" * 400, "-1", "NaN", "1e999", ""),
}
ANY_REGISTRY = {("schemas register", "registry"), ("schemas check", "registry")}
"""A registry has the address of a web server, and is reached before it can be refused."""
FINDS = ("doctor",)
"""Commands that examine what they are given: what is wrong with it may be their result, with code 1."""
REQUIRED = {
    "paper": ("--bars", "20"),
    "schemas show": ("DecisionMade",),
    "live": ("--instruments", "BTCUSDT", "--testnet"),
    "kill": ("--reason", "x"),
    "reset": ("--reason", "x"),
}


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))
    yield path, command


def _cases() -> Iterator[tuple[tuple[str, ...], Sequence[str]]]:
    for path, command in _commands(typer.main.get_command(application())):
        words = (*path, *REQUIRED.get(" ".join(path), _arguments(command)))
        for option in command.params:
            values = BY_NAME.get(option.name) or BY_METAVAR.get(option.metavar or "")
            named = option.opts[0].startswith("--")
            if values and named and (" ".join(path), option.name) not in ANY_REGISTRY:
                yield (*words, option.opts[0]), values


def _arguments(command: Any) -> Sequence[str]:
    return ["x" for one in command.params if one.required and not one.opts[0].startswith("--")]


CASES = list(_cases())


@pytest.mark.parametrize(("words", "values"), CASES, ids=[" ".join(words) for words, _ in CASES])
def test_a_hostile_value_is_refused_in_plain_words(
    whence: Whence, tmp_path: Path, words: tuple[str, ...], values: Sequence[str]
) -> None:
    finds = words[:1] == FINDS
    for value in values:
        done = whence(*words[:-1], f"{words[-1]}={value}")
        assert done.code in ((1, 2) if finds else (2,)), (value[:60], done)
        assert f"{done.err}{done.out if finds else ''}".strip(), value[:60]
        assert "Traceback" not in done.err
    assert not [file.name for file in tmp_path.iterdir() if "x" in file.name]
