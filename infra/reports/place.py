"""The files of reports and exports."""

from __future__ import annotations

import re
from pathlib import Path

from projections.reports.figures import Figures

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def name_of(what: str, kind: str, found: Figures) -> str:
    """`whence-<what>-<LIVE or DEMO>-<account>-<order or strategy>-<first day>-<last day>`; see `joined`."""
    ends = (found.period.first or found.begun.date(), found.period.last or found.last_day)
    return joined(what, kind, found.account, found.scope.order or found.scope.strategy, *ends)


def joined(what: str, kind: str, *words: object) -> str:
    """The name without its ending, and without characters that a file system or a shell reads differently. Empty words
    are left out, and days that are repeated."""
    parts = ["whence", what, kind, *dict.fromkeys(str(one) for one in words if one)]
    return "-".join(_UNSAFE.sub("_", one) for one in parts)


def place_of(name: str, form: str, out: Path | None) -> Path:
    """The file: `out` where it names one with this ending, else `name` in the folder `out`, by default in the current
    folder."""
    if out is not None and not out.is_dir() and out.suffix == f".{form}":
        return out
    return (out or Path()) / f"{name}.{form}"
