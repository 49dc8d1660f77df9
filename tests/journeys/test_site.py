"""The site is built without a warning, and is read and searched from disk in a browser without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from infra.site.staging import ROOT, stage
from tests.browser import Visit

_LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "srcset"}
"""The attributes whose address a browser loads with a page."""


class _Loaded(HTMLParser):
    """The addresses that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _LOADED and given.get("rel") not in {"canonical", "prev", "next"}:
            self.found.append(given.get(_LOADED[tag]) or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; the configuration is that of the project with other folders."""
    folder = tmp_path_factory.mktemp("site")
    stage(folder / "docs")
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    moved = text.replace("build/docs", str(folder / "docs")).replace("build/site", str(folder / "site"))
    (folder / "mkdocs.yml").write_text(moved, encoding="utf-8")
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--quiet",
            "--config-file",
            str(folder / "mkdocs.yml"),
        ],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, ""), built.stderr
    return folder / "site"


def test_no_page_loads_anything_from_another_server(site: Path) -> None:
    outside = dict[str, list[str]]()
    for page in site.rglob("*.html"):
        loaded = _Loaded()
        loaded.feed(page.read_text(encoding="utf-8"))
        if found := [one for one in loaded.found if re.match(r"(?:[a-z]+:)?//", one)]:
            outside[page.name] = found
    assert outside == {}


def test_each_title_of_the_navigation_is_in_the_menu(site: Path) -> None:
    """A theme may make the README of a folder the heading of its section, which hides its own title."""
    page = (site / "faq.html").read_text(encoding="utf-8")
    links = re.findall(r'<a href="([^"#]+)" class="md-nav__link[^"]*">(.*?)</a>', page, re.DOTALL)
    menu = {(to, re.sub(r"<[^>]*>", "", text).strip()) for to, text in links}
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    titled = re.findall(r"- ([^:\n]+): (\S+)\.md$", navigation, re.MULTILINE)
    pages = {(f"{name.replace('README', 'index')}.html", title) for title, name in titled}
    assert pages - menu - {("faq.html", "Questions")} == set()


def test_the_steps_of_the_bot_are_one_list_with_their_commands_as_code(site: Path) -> None:
    """The site needs four columns where GitHub is content with three: commands became prose, and numbers began anew."""
    page = (site / "telegram.html").read_text(encoding="utf-8")
    steps = page.partition('id="connect-in-five-minutes"')[2].partition("<table")[0]
    assert steps.count("<ol>") == 1
    code = "".join(re.findall(r"<code>(.*?)</code>", steps, re.DOTALL))
    assert "whence tokens create telegram-viewer" in re.sub(r"<[^>]*>", "", code)


def test_the_site_is_searched_from_disk_and_fits_a_narrow_screen(site: Path, browser: Browser) -> None:
    with browser.new_context(viewport={"width": 420, "height": 900}) as context:
        visit = Visit(context.new_page())
        for name in ("index", "start.ru", "concepts", "reference/commands"):
            visit.page.goto((site / f"{name}.html").as_uri(), wait_until="networkidle")
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        visit.page.locator("label[for=__search]").first.click()
        visit.page.locator(".md-search__input").click()
        visit.page.keyboard.type("OutcomeUnknown")
        expect(visit.page.locator(".md-search-result__link").first).to_be_visible()
        assert visit.faults == []
        assert [one for one in visit.requested if not one.startswith(("file:", "data:"))] == []
