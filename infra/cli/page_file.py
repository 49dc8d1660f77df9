"""The file that a command writes a page into, such as that of `--html FILE`."""

from __future__ import annotations

from pathlib import Path

import typer

from domain.errors import InvalidInput


def check_folder(option: str, file: Path) -> None:
    """Raises InvalidInput, which names the option, where the file's folder is a file, or its name cannot be one.

    A missing folder is made later.
    """
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise InvalidInput(f"{option} {file} cannot be written: {error.strerror}") from None
    there = next(one for one in file.absolute().parents if one.exists())
    if not there.is_dir():
        raise InvalidInput(f"{option} {file}: {there} is no folder")


def write_text(option: str, file: Path, text: str) -> None:
    """Writes the text, in a folder that is made where there is none. Raises InvalidInput where it cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{option} {file} cannot be written: {error.strerror}") from None


def write_page(file: Path, text: str, *, on_stderr: bool = False) -> None:
    """Writes the page of --html and prints its name and size. Raises InvalidInput where it cannot be written."""
    write_text("--html", file, text)
    typer.echo(f"{file}: {len(text.encode()) / 1024:.0f} KiB", err=on_stderr)
