"""The dashboard is usable by everybody: axe finds nothing on any page, light or dark, and the keyboard suffices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.dashboard.bundle import SOURCE
from infra.node import fetch_packages, find_node
from tests.browser import visit
from tests.journeys.program import whence
from tests.journeys.serving import Started, drained, started
from tests.journeys.test_dashboard import PAGES, opened

AXE = SOURCE / "node_modules" / "axe-core" / "axe.min.js"
FOUND = """async () => {
  const { violations } = await axe.run();
  const shown = node => `${node.html.slice(0, 160)} (${node.failureSummary})`;
  return violations.map(one => `${one.id}: ${one.nodes.map(shown).join('; ')}`);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    fetch_packages(find_node(), SOURCE, "The dashboard")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("access")
    assert whence(folder, "paper").returncode == 0
    notary = ("--folder", str(folder / "notary"))
    assert whence(folder, "notary", "run", "--once", *notary).returncode == 0
    with (
        started(folder, "--checkpoints", str(folder / "notary")) as serving,
        drained(serving.program, folder / "api.log"),
    ):
        yield serving


@pytest.fixture
def page(browser: Browser, demo: Started) -> Iterator[Page]:
    with visit(browser) as visiting:
        visiting.page.goto(demo.page())
        expect(visiting.page.get_by_role("heading", name="Now")).to_be_visible()
        yield visiting.page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page: Page, axe: str, theme: str) -> None:
    page.get_by_label("Theme").select_option(theme)
    page.evaluate(axe)
    found: dict[str, list[str]] = {}
    for name in PAGES:
        opened(page, name)
        expect(page.get_by_text("Loading …")).to_have_count(0)
        if name == "decisions":
            page.get_by_role("row").nth(1).click()
            expect(page.get_by_role("region", name="Votes")).to_be_visible()
        found |= {name: violations} if (violations := page.evaluate(FOUND)) else {}
    assert found == {}


def test_the_keyboard_reaches_the_content_at_once_and_every_page(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
