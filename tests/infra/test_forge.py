"""The files of a forge follow their schemas, and a release has the tag, the notes and the digests of its version."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from infra.release import notes

ROOT = Path(__file__).parents[2]
FORGE = ROOT / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
FORMS = [path for path in sorted((FORGE / "ISSUE_TEMPLATE").glob("*.yml")) if path.name != "config.yml"]
SCHEMAS = [
    *(("vendor.github-workflows", path) for path in WORKFLOWS),
    *(("custom.github-workflows-require-timeout", path) for path in WORKFLOWS),
    *(("vendor.github-issue-forms", path) for path in FORMS),
    ("vendor.github-issue-config", FORGE / "ISSUE_TEMPLATE" / "config.yml"),
]
_EXACT = re.compile(r"[\w-]+/[\w-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})")


def _checked(schema: str, path: Path) -> subprocess.CompletedProcess[str]:
    program = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", schema, str(path)]
    return subprocess.run(program, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(("schema", "path"), SCHEMAS, ids=lambda one: getattr(one, "name", one))
def test_a_file_of_the_forge_follows_its_schema(schema: str, path: Path) -> None:
    assert _checked(schema, path).returncode == 0, _checked(schema, path).stdout


def test_a_misspelled_key_of_a_workflow_fails_the_check(tmp_path: Path) -> None:
    broken = tmp_path / "test.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:", 1))
    assert "run-on" in _checked("vendor.github-workflows", broken).stdout


def _workflow(name: str) -> dict[Any, Any]:
    return cast("dict[Any, Any]", yaml.safe_load((FORGE / "workflows" / f"{name}.yml").read_text()))


def _steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in _workflow(path.stem)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_has_an_exact_version_and_the_token_may_only_read_by_default(path: Path) -> None:
    used = [step["uses"] for step in _steps(path) if "uses" in step]
    assert used
    assert [one for one in used if not _EXACT.fullmatch(one)] == []
    assert _workflow(path.stem)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_value_of_an_event_is_written_into_a_script(path: Path) -> None:
    """A branch or title with shell code in its name would run it: values reach a script as variables."""
    scripts = [step["run"] for step in _steps(path) if "run" in step]
    assert [one for one in scripts if "${{ github." in one] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_target_of_make_and_script_that_a_workflow_runs_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    scripts = "\n".join(step["run"] for step in _steps(path) if "run" in step)
    for target in re.findall(r"^\s*make ([\w./]+)", scripts, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE) or target.startswith(".venv/."), target
        if target.startswith(".venv/."):
            assert (ROOT / "requirements" / f"{target.removeprefix('.venv/.')}.lock").is_file()
    assert ".ci/run" not in scripts or (ROOT / ".ci" / "run").is_file()


def test_the_image_of_a_release_is_built_on_the_digest_of_the_base_image_that_the_dockerfile_names() -> None:
    dockerfile = (ROOT / "infra" / "docker" / "Dockerfile").read_text()
    release = _workflow("release")
    assert re.findall(r"^ARG BASE=(.+)$", dockerfile, re.MULTILINE) == [release["env"]["BASE"]]
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${BASE}", "${BASE}"]
    built = next(step for step in release["jobs"]["image"]["steps"] if step.get("id") == "built")
    assert built["with"]["build-args"] == "BASE=${{ steps.base.outputs.image }}"
    assert ":latest" not in str(built["with"]["tags"])


def _project(folder: Path, changes: str) -> Path:
    (folder / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (folder / "CHANGELOG.md").write_text(changes)
    return folder


def test_the_notes_of_a_release_are_the_section_of_its_version(tmp_path: Path) -> None:
    root = _project(tmp_path, "# Changes\n\n## Unreleased\n\n- b\n\n## 1.2.0\n\n- a\n\n## 1.1.0\n\n- z\n")
    assert notes("v1.2.0", root) == "- a\n"
    assert notes("v0.1.0").startswith("The first version.")


@pytest.mark.parametrize(
    ("tag", "changes", "fault"),
    [
        ("v1.3.0", "## 1.2.0\n\n- a\n", r"v1\.3\.0 is not v1\.2\.0"),
        ("v1.2.0", "## 1.1.0\n\n- a\n", "no section"),
        ("v1.2.0", "## 1.2.0\n\n## 1.1.0\n\n- a\n", "no section"),
    ],
    ids=["another version", "no section", "an empty section"],
)
def test_a_release_with_another_tag_or_without_changes_is_refused(
    tmp_path: Path, tag: str, changes: str, fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        notes(tag, _project(tmp_path, changes))


def test_the_list_of_changes_has_the_version_of_the_project_and_what_is_not_released() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.+)$", changes, re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert "0.1.0" in versions
