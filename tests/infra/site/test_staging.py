"""The stage of the site: every page has a place, and no link leaves the site for a file that it does not have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from domain.errors import InvalidInput
from infra.site.staging import PAGES_OF_THE_ROOT, ROOT, stage

_CONFIGURATION = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "docs"
    stage(folder)
    return folder


_ASIDE = ("decisions/", "runbooks/")
"""Folders of which only the index is in the navigation."""


def _navigation() -> list[str]:
    return re.findall(r"[\w./-]+\.md$", _CONFIGURATION.partition("\nnav:")[2], re.MULTILINE)


def test_every_page_is_in_the_navigation_once_and_every_entry_has_its_page(staged: Path) -> None:
    pages = {page.relative_to(staged).as_posix() for page in staged.rglob("*.md")}
    aside = {one for one in pages if one.startswith(_ASIDE) and not one.endswith("/README.md")}
    assert sorted(_navigation()) == sorted(pages - aside - {"conduct.md", "license.md"})


def test_links_between_the_root_and_the_docs_are_links_of_the_site(staged: Path) -> None:
    readme = (staged / "readme.md").read_text(encoding="utf-8")
    assert "](dashboard.md)" in readme
    assert "](contributing.md)" in readme
    assert "](readme.md)" in (staged / "start.md").read_text(encoding="utf-8")
    assert "](../management.md)" in (staged / "decisions" / "0110-management.md").read_text(encoding="utf-8")


def test_every_relative_link_has_its_file(staged: Path) -> None:
    missing = [
        f"{page.relative_to(staged)}: {link}"
        for page in staged.rglob("*.md")
        for link in re.findall(r"\]\((?![a-z]+:)([^)#\s]+)", _without_code(page.read_text(encoding="utf-8")))
        if not (page.parent / link).resolve().exists()
    ]
    assert missing == []


def _without_code(text: str) -> str:
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)


def test_every_mark_of_a_picture_is_drawn_and_code_is_left_as_it_is(staged: Path) -> None:
    concepts = (staged / "concepts.md").read_text(encoding="utf-8")
    assert concepts.count("<svg ") == 3
    assert "<!-- picture" not in concepts
    for name, target in PAGES_OF_THE_ROOT.items():
        blocks = re.findall(
            r"^```.*?^```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        )
        assert all(block in (staged / target).read_text(encoding="utf-8") for block in blocks)


def test_a_second_stage_replaces_the_first_and_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(InvalidInput, match="holds other files"):
        stage(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_the_site_loads_nothing_from_other_servers_by_its_configuration() -> None:
    found = yaml.safe_load(_CONFIGURATION)
    assert found["theme"]["font"] is False
    assert "offline" in found["plugins"]
    assert found["extra"]["polyfills"] == ["assets/iframe-worker.js"]
    assert (ROOT / "docs" / "assets" / "iframe-worker.js").is_file()
    assert "analytics" not in found["extra"]
