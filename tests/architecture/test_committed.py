"""No committed file names the machine it was written on, a source of packages, or a private key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.committed import ROOT, committed_files

FORBIDDEN = {
    "a path of one machine": r"(?<![\w.~-])/(?:root|home|Users|work)/\w|/tmp/[w]/",
    "a package registry": r"pypi\.org|pythonhosted\.org|repo1?\.maven|registry\.npm|deb\.debian|nodejs\.org/d",
    "a mirror": r"(?i)arti[f]actory|/nexu[s]/|jfro[g]",
    "a private address": r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}:\d",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
}


def findings(path: Path) -> list[str]:
    """One line, `file:line: kind of text`, for each forbidden text in the file."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        f"{path.name}:{number}: {what}"
        for number, line in enumerate(lines, 1)
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, line)
    ]


def test_no_committed_file_holds_a_forbidden_text() -> None:
    assert [found for file in committed_files() for found in findings(ROOT / file)] == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("cd /{}/main", "a path of one machine"),
        ("index-url = https://{}/simple", "a package registry"),
        ("https://packages.example/{}/api", "a mirror"),
        ("proxy = {}:3128", "a private address"),
        ("-----BEGIN {} KEY-----", "a private key"),
    ],
)
def test_a_forbidden_text_is_found(tmp_path: Path, line: str, what: str) -> None:
    # Joined at run time, so that this file holds no forbidden text itself.
    words = {
        "a path of one machine": "home/me",
        "a package registry": "pypi" + ".org",
        "a mirror": "arti" + "factory",
        "a private address": "10." + "1.2.3",
        "a private key": "RSA " + "PRIVATE",
    }
    path = tmp_path / "file.txt"
    path.write_text(line.format(words[what]))
    assert findings(path) == [f"file.txt:1: {what}"]


def test_a_shebang_and_a_temporary_folder_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "file.sh"
    path.write_text("#!/usr/bin/env bash\nmktemp -d /tmp/kafka.XXXX\ncd framework/\n")
    assert findings(path) == []
