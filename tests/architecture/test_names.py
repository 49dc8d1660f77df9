"""Our folders are our import names, and plain ones: nobody else in the environment may install the same."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

OURS = ("domain", "commands", "projections", "adapters", "schemas", "infra")


def strangers() -> dict[str, list[str]]:
    """For each of our names, the other distributions that bring a top-level package of that name."""
    installed = packages_distributions()
    others = {name: [other for other in installed.get(name, []) if other != "whence"] for name in OURS}
    return {name: found for name, found in others.items() if found}


def test_no_other_distribution_installs_a_package_of_our_names() -> None:
    assert strangers() == {}


def test_a_namesake_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "__init__.py").touch()
    metadata = tmp_path / "stranger-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (metadata / "RECORD").write_text("domain/__init__.py,,\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert strangers() == {"domain": ["stranger"]}
