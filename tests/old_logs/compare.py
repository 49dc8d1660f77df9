"""Compares two logs as `whence log --json` prints them: `python -m tests.old_logs.compare BEFORE.jsonl AFTER.jsonl`.

Prints every difference, except schema versions and the fields that were added later (`ADDED` in `logs.py`). The exit
code is 1 if there is a difference.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.old_logs.logs import Json, differences


def compared(before: Path, after: Path) -> Sequence[str]:
    """One line for each value that differs."""
    return list(differences(_lines(before), _lines(after), written_anew=True))


def _lines(path: Path) -> Sequence[Json]:
    """The events with the keys of earlier output, in which `position` is the key of the ordinal."""
    lines: list[Json] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{"position": line.pop("ordinal", None) or line.pop("position", None), **line} for line in lines]


def main() -> None:
    """Prints the differences on stdout."""
    before, after = map(Path, sys.argv[1:3])
    found = compared(before, after)
    sys.stdout.write("".join(f"{line}\n" for line in found) or "no differences\n")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
