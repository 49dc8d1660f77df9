"""The folder of GraphiQL's build: beside this file, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

SOURCE = Path(__file__).parent
BUILD = SOURCE / "build"
PAGE = "index.html"


def built() -> Path | None:
    """The folder of the build; None where `make graphiql` was not run before the installation."""
    return BUILD if (BUILD / PAGE).is_file() else None
