"""Builds GraphiQL from npm's packages into local files, once for each state of its sources.

    python -m infra.graphiql.bundle

does nothing where the build is up to date.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from domain.errors import WhenceError
from infra import node as npm
from infra.graphiql.folder import BUILD, PAGE, SOURCE
from infra.node import STAMP, Node, fetch_packages, find_node, pins, run_step

__all__ = ["Node", "bundle", "digest_of", "find_node"]

_NAME = "GraphiQL"


def bundle(say: Callable[[str], object], source: Path = SOURCE, build: Path = BUILD) -> Path:
    """The folder of a build of the current `source`, made in a temporary folder and moved into place.

    Raises MissingParts without Node, and BuildFailed with the last output of npm or the bundler.
    """
    digest = digest_of(source)
    if _stamped(build) == digest:
        return build
    node = find_node()
    say("Building GraphiQL from npm's packages ...")
    fetch_packages(node, source, _NAME)
    with tempfile.TemporaryDirectory(dir=source, prefix=".building-") as aside:
        made = Path(aside) / "build"
        run_step(_NAME, "the bundler", (*node.node, "src/build.mjs", str(made)), source)
        (made / STAMP).write_text(digest)
        if build.exists():
            shutil.rmtree(build)
        made.rename(build)
    return build


def digest_of(source: Path) -> str:
    """SHA-256 over the names and bytes of all sources of the build."""
    own = sorted(path for path in (source / "src").rglob("*") if path.is_file())
    return npm.digest_of(source, [*pins(source), *own])


def main() -> int:
    """Makes the build where it is out of date. Returns 0 where a current build exists then, 1 after a failure."""
    try:
        folder = bundle(lambda words: sys.stderr.write(f"{words}\n"))
    except WhenceError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stderr.write(f"GraphiQL is in {folder}\n")
    return 0


def _stamped(build: Path) -> str | None:
    whole = (build / PAGE).is_file() and (build / STAMP).is_file()
    return (build / STAMP).read_text() if whole else None


if __name__ == "__main__":
    sys.exit(main())
