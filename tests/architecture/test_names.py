"""No installed distribution has a package with the name of one of ours, which are common words."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

OURS = ("domain", "commands", "projections", "adapters", "schemas", "infra")


def conflicts() -> dict[str, list[str]]:
    """For each name, the other distributions with a top-level package of that name."""
    installed = packages_distributions()
    others = {name: [other for other in installed.get(name, []) if other != "whence"] for name in OURS}
    return {name: found for name, found in others.items() if found}


def test_no_other_distribution_installs_a_package_of_the_same_name() -> None:
    assert conflicts() == {}


def test_a_distribution_with_the_same_package_name_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "__init__.py").touch()
    metadata = tmp_path / "other-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (metadata / "RECORD").write_text("domain/__init__.py,,\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert conflicts() == {"domain": ["other"]}
