"""The file of a report."""

from __future__ import annotations

import re
from pathlib import Path

from infra.reports.report import Report

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def file_name(report: Report, form: str) -> str:
    """`whence-report-<LIVE or DEMO>-<account>-<what>-<first day>-<last day>.<form>`, without characters that a file
    system or a shell reads differently. `what` is left out for the whole account."""
    found = report.figures
    ends = (found.period.first or found.begun.date(), found.period.last or found.ended.date())
    days = dict.fromkeys(day.isoformat() for day in ends)
    what = found.scope.order or found.scope.strategy
    words = ["whence-report", report.kind, found.account, what, *days]
    return f"{'-'.join(_UNSAFE.sub('_', one) for one in words if one)}.{form}"


def place_of(report: Report, form: str, out: Path | None) -> Path:
    """The file: `out` where it names one with this ending, else the report's own name in the folder `out`, by default
    in the current folder."""
    if out is not None and not out.is_dir() and out.suffix == f".{form}":
        return out
    return (out or Path()) / file_name(report, form)
