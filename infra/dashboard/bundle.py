"""Builds the dashboard from its sources and npm's packages into the committed archive.

    python -m infra.dashboard.bundle

Run it after each change of the sources and commit the archive with them. A test builds it again and compares the bytes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from domain.errors import WhenceError
from infra.dashboard.archive import ARCHIVE, archive_of
from infra.node import fetch_packages, find_node, run_step

SOURCE = Path(__file__).parent
INTROSPECTION = SOURCE / "src" / "api" / "introspection.d.ts"
_NAME = "The dashboard"
_API_TYPES = ("node_modules/gql.tada/bin/cli.js", "generate-output")


def bundle(source: Path = SOURCE) -> bytes:
    """The archive of the current sources. Before that the types of the API are written anew and all types are checked.

    Raises MissingParts without Node, BuildFailed with the last lines of the step that failed.
    """
    node = find_node()
    fetch_packages(node, source, _NAME)
    run_step(_NAME, "the types of the API", (*node.node, *_API_TYPES), source)
    run_step(_NAME, "the type checker", (*node.node, "node_modules/typescript/bin/tsc", "--noEmit"), source)
    with tempfile.TemporaryDirectory() as aside:
        made = Path(aside) / "build"
        run_step(_NAME, "the bundler", (*node.node, "build.mjs", str(made)), source)
        return archive_of(made)


def main() -> int:
    """Writes the archive. Returns 1 after a failure."""
    try:
        ARCHIVE.write_bytes(bundle())
    except WhenceError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stderr.write(f"The dashboard is in {ARCHIVE.relative_to(Path.cwd())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
