"""Debian's promtool, Prometheus' own checker of rules, configurations and metrics."""

from __future__ import annotations

import subprocess
from pathlib import Path


def promtool(*words: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Runs `promtool WORDS` with `given` on its standard input."""
    return subprocess.run(
        ["promtool", *map(str, words)], input=given, capture_output=True, text=True, check=False, timeout=60
    )
