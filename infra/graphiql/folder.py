"""The folder of GraphiQL's build. It is beside this file, both in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

SOURCE = Path(__file__).parent
BUILD = SOURCE / "build"
PAGE = "index.html"


def built() -> Path | None:
    """The folder of the build; None where `make graphiql` was not run, so that there is no build."""
    return BUILD if (BUILD / PAGE).is_file() else None
