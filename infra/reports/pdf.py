"""Prints a page to a PDF by an installed Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.errors import MissingParts, Refused

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


def print_to_pdf(page: Path) -> Path:
    """Prints the page to a file beside it with the ending `.pdf`, and returns it.

    Raises MissingParts where no Chromium is installed, and Refused where it fails; the page stays as it is.
    """
    program, place = found_browser(), page.with_suffix(".pdf")
    with TemporaryDirectory(prefix="whence-print") as profile:
        made = Path(profile) / "page.pdf"
        _run([program, *_options(Path(profile), made), page.resolve().as_uri()], made)
        try:
            shutil.move(made, place)
        except OSError as fault:
            raise Refused(f"{place} cannot be written: {fault.strerror}") from None
    return place


def found_browser() -> str:
    """The program. Raises MissingParts, with the remedy, where there is none."""
    for name in _NAMES:
        if program := shutil.which(name):
            return program
    raise MissingParts(
        "printing needs Chromium, and none is on the PATH: install it (Debian: apt install chromium), or open the page "
        "in any browser and print it there"
    )


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
