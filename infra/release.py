"""The notes of a release: `python -m infra.release v1.2.3` prints what CHANGELOG.md has of version 1.2.3.

It needs the standard library alone, because the workflow runs it before anything is installed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SECTION = r"^## {version}\n(?P<notes>.*?)(?=^## |\Z)"


def notes(tag: str, root: Path = ROOT) -> str:
    """The section of the tag's version in CHANGELOG.md.

    Raises ValueError where the tag is not `v` and the version of pyproject.toml, and where the section is missing or
    empty.
    """
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if tag != f"v{version}":
        raise ValueError(f"the tag {tag} is not v{version}, the version in pyproject.toml")
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(_SECTION.format(version=re.escape(version)), changes, re.DOTALL | re.MULTILINE)
    if found is None or not found["notes"].strip():
        raise ValueError(f'CHANGELOG.md has no section "## {version}" with the changes of this version')
    return found["notes"].strip() + "\n"


def main() -> int:
    """Prints the notes. Returns 0, or 2 with the fault on the standard error."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m infra.release TAG\n")
        return 2
    try:
        sys.stdout.write(notes(sys.argv[1]))
    except ValueError as fault:
        sys.stderr.write(f"infra.release: {fault}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
