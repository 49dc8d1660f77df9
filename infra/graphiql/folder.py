"""Where GraphiQL's build is: beside this file, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

SOURCE = Path(__file__).parent
BUILD = SOURCE / "build"
PAGE = "index.html"


def built() -> Path | None:
    """The folder of the build; None where nobody has run `make graphiql` before this was installed."""
    return BUILD if (BUILD / PAGE).is_file() else None
