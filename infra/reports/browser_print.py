"""Prints a page by an installed Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.errors import Refused

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
"""Where systems have Chromium, or a browser that is made of it."""
_SECONDS = 120
_FIRST_LINES = 300


def found_browser() -> str | None:
    """The program, or None where none is installed."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def printed_by_browser(program: str, page: Path) -> bytes:
    """The page as a PDF. Raises Refused where the browser fails."""
    with TemporaryDirectory(prefix="whence-print") as profile:
        made = Path(profile) / "page.pdf"
        _run([program, *_options(Path(profile), made), page.resolve().as_uri()], made)
        return made.read_bytes()


def _options(profile: Path, made: Path) -> list[str]:
    """Root may not use the browser's sandbox, so that a browser of root runs without it; the page has no scripts."""
    return [
        "--headless",
        "--disable-gpu",
        "--no-pdf-header-footer",
        "--no-first-run",
        "--disable-extensions",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
        f"--print-to-pdf={made}",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]


def _run(command: list[str], made: Path) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Refused(
            f"{command[0]} has not printed the page within {_SECONDS} s; print it in a browser"
        ) from None
    if done.returncode or not made.exists():
        raise Refused(f"{command[0]} cannot print the page: {done.stderr.strip()[-_FIRST_LINES:]}")
