"""The page of all commands, from the program's own command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from infra.cli import application
from infra.site.markdown import code, plain, table

_HEAD = """\
# Commands

Every command with its arguments and options, as `whence COMMAND --help` prints them. `whence --version` prints the
version, and `whence --install-completion` makes the TAB key complete commands, options, logs and ids.
[Errors](errors.md) lists the exit codes."""


def page() -> str:
    """The whole page."""
    # Typer has classes of its own for commands and parameters, which its documentation does not name.
    root: Any = typer.main.get_command(application())
    return "\n".join([_HEAD, "", *_commands(root, "whence")])


def _commands(group: Any, path: str) -> Iterator[str]:
    for name, command in getattr(group, "commands", {}).items():
        if not command.hidden:
            yield from _command(command, f"{path} {name}")
            yield from _commands(command, f"{path} {name}")


def _command(command: Any, path: str) -> Iterator[str]:
    yield f"{'#' * len(path.split())} {path}"
    yield ""
    yield plain(command.help or "")
    yield ""
    if hasattr(command, "commands") and not command.invoke_without_command:
        return
    context = command.context_class(command, info_name=path)
    yield f"    {' '.join([path, *command.collect_usage_pieces(context)])}"
    yield ""
    rows = [row for one in command.params if (row := _row(one, context))]
    if rows:
        yield from table(("argument or option", "meaning"), rows)


def _row(parameter: Any, context: Any) -> tuple[str, str] | None:
    """The name and meaning; None for a parameter that `--help` does not show."""
    record: tuple[str, str] | None = parameter.get_help_record(context)
    if record is None:
        return None
    name, meaning = record
    return code(name.replace("<list[str]>", "TEXT").replace("<str>", "TEXT")), plain(meaning)
