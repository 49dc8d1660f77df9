"""The help of every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from infra.cli import application


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))
    yield " ".join(path), command


COMMANDS = dict(_commands(typer.main.get_command(application())))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_default_of_an_option_is_stated_once(name: str) -> None:
    command = COMMANDS[name]
    context = command.context_class(command)
    records = [one.get_help_record(context) for one in command.params]
    twice = [one for one in records if one is not None and one[1].lower().count("default") > 1]
    assert not twice
