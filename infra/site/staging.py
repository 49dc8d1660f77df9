"""Stages the site: copies the pages of `docs/`, and adds those of the root, the reference and the pictures."""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from domain.errors import InvalidInput
from infra.site.pictures import PICTURES
from infra.site.reference import PAGES

ROOT = Path(__file__).parents[2]
PAGES_OF_THE_ROOT: Mapping[str, str] = {
    "README.md": "readme.md",
    "README.ru.md": "readme.ru.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "vulnerabilities.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
    "LICENSE": "license.md",
}
"""Pages that stand in the root of the project, where a forge shows them, by their names in the site."""

_LINK = re.compile(r"(?<=\]\()(?![a-z]+:)([^)#\s]+)(?=[)#])")
_PICTURE = re.compile(r"^<!-- picture: ([a-z-]+) -->$", re.MULTILINE)
_CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LICENSE = "# License\n\n```\n{text}```\n"


def stage(folder: Path) -> int:
    """Writes all sources of the site into the folder, which is emptied first. Returns the number of pages.

    Raises InvalidInput for a folder that holds other files than an earlier stage.
    """
    _emptied(folder)
    shutil.copytree(ROOT / "docs", folder, dirs_exist_ok=True)
    for page in folder.rglob("*.md"):
        where = posixpath.join("docs", page.relative_to(folder).as_posix())
        page.write_text(_prepared(page.read_text(encoding="utf-8"), where), encoding="utf-8")
    for name, target in PAGES_OF_THE_ROOT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        text = _LICENSE.format(text=text) if name == "LICENSE" else _prepared(text, name)
        (folder / target).write_text(text, encoding="utf-8")
    (folder / "reference").mkdir()
    for name, made in PAGES.items():
        (folder / "reference" / f"{name}.md").write_text(made(), encoding="utf-8")
    return sum(1 for _ in folder.rglob("*.md"))


def _emptied(folder: Path) -> None:
    if folder.exists():
        if any(folder.iterdir()) and not (folder / "index.md").is_file():
            raise InvalidInput(f"{folder} holds other files than a stage of the site: name an empty folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def _prepared(text: str, where: str) -> str:
    """The page with its pictures, and with the links of the project as links of the site."""
    pieces: list[str] = []
    end = 0
    for block in _CODE.finditer(text):
        pieces += [_changed(text[end : block.start()], where), block[0]]
        end = block.end()
    return "".join([*pieces, _changed(text[end:], where)])


def _changed(text: str, where: str) -> str:
    drawn = _PICTURE.sub(lambda found: PICTURES[found[1]](), text)
    return _LINK.sub(lambda found: _target(found[1], where), drawn)


def _target(link: str, where: str) -> str:
    """The place of a linked file in the site, relative to the page at `where`; a file outside of the site is kept."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(where), link))
    place = PAGES_OF_THE_ROOT.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)
    if place is None:
        return link
    page = PAGES_OF_THE_ROOT.get(where) or where.removeprefix("docs/")
    return posixpath.relpath(place, posixpath.dirname(page) or ".")
