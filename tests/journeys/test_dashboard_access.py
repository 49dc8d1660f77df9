"""The dashboard is usable by everybody: axe finds nothing on any page, light or dark, and the keyboard suffices."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

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


MOST_STOPS = 80
"""Presses of the tab key within which every control of a page is reached."""


def reach(page: Page, wanted: Locator) -> None:
    """Presses the tab key until this element has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_STOPS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} was not reached by {MOST_STOPS} presses of the tab key")


def turn_to(page: Page, name: str) -> None:
    reach(page, page.get_by_role("navigation").get_by_role("link", name=name, exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def fill_in(page: Page, field: Locator, text: str) -> None:
    reach(page, field)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)


def do(page: Page, button: str, reason: str = "") -> None:
    """Begins the request, types the reason, confirms, and closes the dialogue."""
    reach(page, page.locator("#content").get_by_role("button", name=button, exact=True).first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(reason)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Done.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_person_trades_stops_looks_back_and_audits_by_the_keyboard_alone(page: Page, demo: Started) -> None:
    token = whence(demo.folder, "tokens", "create", "keys-of-the-test", "--role", "admin").stdout.strip()
    key = whence(demo.folder, "notary", "key", "--folder", str(demo.folder / "notary")).stdout.strip()
    reach(page, page.get_by_role("button", name="Use a token"))
    page.keyboard.press("Enter")
    page.keyboard.type(token)
    page.keyboard.press("Enter")
    expect(page.get_by_text("keys-of-the-test, ADMIN")).to_be_visible()

    turn_to(page, "Trade")
    fill_in(page, page.get_by_label("Instrument"), "BTCUSDT-LINEAR.BYBIT")
    fill_in(page, page.get_by_label("Quantity"), "0.01")
    fill_in(page, page.get_by_label("Stop", exact=True), "50000")
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("button", name="Place the order"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Done.")).to_be_visible()

    turn_to(page, "Chart")
    handle = page.get_by_role("slider", name=re.compile("Stop of BTCUSDT"))
    reach(page, handle)
    for pressed in ("PageUp", "Enter", "Enter"):
        page.keyboard.press(pressed)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Done.")
    page.keyboard.press("Enter")
    expect(handle).to_be_focused()

    turn_to(page, "Now")
    do(page, "Close", "tried by a test")
    expect(page.get_by_text("No position is open.")).to_be_visible()
    turn_to(page, "Strategies")
    do(page, "Pause", "tried by a test")
    do(page, "Resume", "the test is over")
    turn_to(page, "Risk")
    do(page, "Trip the kill switch", "tried by a test")
    do(page, "Reset the kill switch", "the test is over")

    fill_in(page, page.get_by_role("banner").get_by_label("Event"), "400")
    back = page.get_by_role("button", name="Back to now")
    reach(page, back)
    page.keyboard.press("Enter")
    expect(back).to_have_count(0)

    turn_to(page, "Audit")
    fill_in(page, page.get_by_label("Public key of the notary"), key)
    reach(page, page.get_by_role("button", name="Check the signature"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("has signed the checkpoint")).to_be_visible()
    fill_in(page, page.locator("#content").get_by_label("Event"), "5")
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("button", name="Check the proof"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("is in the checkpoint of")).to_be_visible()
