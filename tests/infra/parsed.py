"""Command lines and variables that are written somewhere, checked by the program without running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pytest
import typer

from infra.cli import application
from infra.config import load

OF_OTHERS = frozenset(
    {
        "BYBIT_API_KEY",
        "BYBIT_API_SECRET",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "PGSSLMODE",
        "PGSSLROOTCERT",
        "XDG_CACHE_HOME",
    }
)
"""Variables without the prefix of the settings that the program or a library in it reads."""


@cache
def program() -> Any:
    """The command `whence`, of click's kind."""
    return typer.main.get_command(application())


def parsed(words: Sequence[str]) -> None:
    """Parses the words after `whence` as the program does, and runs nothing. Raises the errors of its command line."""
    command: Any = program()
    context, name, rest = None, "whence", list(words)
    while hasattr(command, "commands") and (
        not command.invoke_without_command or (rest and rest[0] in command.commands)
    ):
        context = command.context_class(command, info_name=name, parent=context)
        name = rest.pop(0)
        command = command.commands[name]
    command.make_context(name, rest, parent=context)


def check_variables(variables: Mapping[str, str]) -> None:
    """Raises InvalidSettings for a WHENCE_… variable that is no setting, AssertionError for another unknown one."""
    ours = {name: value for name, value in variables.items() if name.startswith("WHENCE_")}
    assert set(variables) - set(ours) <= OF_OTHERS
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ours.items():
            patch.setenv(name, value)
        load()
