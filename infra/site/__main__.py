"""Stages the sources of the documentation site in a folder: `python -m infra.site build/docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import WhenceError
from infra.site.staging import stage


def main(folder: Annotated[Path, typer.Argument(help="Folder that the pages are written into.")]) -> None:
    """Writes the pages of `docs/`, the reference and the pictures into the folder, for mkdocs."""
    try:
        pages = stage(folder)
    except WhenceError as fault:
        typer.echo(f"infra.site: {fault}", err=True)
        sys.exit(2)
    typer.echo(f"{pages} pages are in {folder}", err=True)


if __name__ == "__main__":
    typer.run(main)
