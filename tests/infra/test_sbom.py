"""The bill of materials of a release: `make sbom` states what the image's lock pins."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.architecture.test_locks import PYPROJECT, ROOT, pins


def _recipe(file: Path) -> list[str]:
    """The command of `make sbom` that writes the bill, with this Python and another file."""
    dry = ["make", "--dry-run", "--silent", "--old-file=.venv/.release", "sbom"]
    printed = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = shlex.split(printed.replace("\\\n", " ").partition("cyclonedx_py ")[2])
    words[words.index("build/whence.cdx.json")] = str(file)
    return [sys.executable, "-m", "cyclonedx_py", *words]


def test_the_bill_of_materials_has_every_package_of_the_image_with_its_version_and_digests(
    tmp_path: Path,
) -> None:
    file = tmp_path / "whence.cdx.json"
    subprocess.run(_recipe(file), cwd=ROOT, check=True, capture_output=True)
    bill: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    subject = bill["metadata"]["component"]
    project = PYPROJECT["project"]
    assert (bill["bomFormat"], subject["name"], subject["version"]) == (
        "CycloneDX",
        project["name"],
        project["version"],
    )
    stated = {(one["name"], one["version"]): _digests(one) for one in bill["components"]}
    assert stated == {(pin.name, pin.version): pin.hashes for pin in pins("image")}


def _digests(component: dict[str, Any]) -> int:
    (source,) = component["externalReferences"]
    return sum(one["alg"] == "SHA-256" for one in source["hashes"])
