"""The page Book shows the live book of our venue, and the suspicions of the log as of the chosen event."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.direction import Side
from infra.config import WhenceSettings
from infra.logs import open_owned
from tests.adapters.bybit.feed_bench import VenueMarket
from tests.adapters.simulated.server.serving import RunningVenue, running_venue
from tests.browser import Visit, visit
from tests.commands.desk import Desk
from tests.commands.test_manipulating import FIRST, reading
from tests.journeys.serving import Started, drained, started
from tests.journeys.test_dashboard_access import AXE, FOUND

TASKS = """
window.tasks = [];
new PerformanceObserver(list => list.getEntries().forEach(one => window.tasks.push(one.duration)))
  .observe({ type: 'longtask', buffered: true });
"""
PAINTED = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
  .filter((_, at) => at % 4 === 3).filter(alpha => alpha > 0).length"""
BACK = "Back to now"


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    """The venue is closed in a thread of its own: the browser's event loop runs in this one."""
    held = ExitStack()
    with ThreadPoolExecutor(1) as aside:
        yield aside.submit(held.enter_context, running_venue()).result()
        aside.submit(held.close).result()


@pytest.fixture(scope="module")
def serving(venue: RunningVenue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A log with a suspicion as its last event; the API shows the books of the venue."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "whence.toml").write_text(
        f'[book_view]\nshown = true\nmost = 1\ndepth = 50\nbybit_address = "{venue.url}"\n'
    )
    desk = Desk().opened()
    reading(desk, FIRST)
    with closing(open_owned(WhenceSettings(log=f"sqlite:///{folder / 'whence.db'}"))) as log:
        log.append(desk.recorded)
    with started(folder, "--read-only") as api, drained(api.program, folder / "api.log"):
        yield api


@pytest.fixture
def visitor(browser: Browser, serving: Started) -> Iterator[Visit]:
    with visit(browser) as visiting:
        visiting.page.add_init_script(TASKS)
        visiting.page.goto(f"{serving.page()}#/book")
        yield visiting


def ladder(page: Page) -> list[list[str]]:
    """The price and size of each level as the page shows them, from the highest price down."""
    rows = page.get_by_role("table", name="Levels").locator("tbody tr").all()
    return [row.locator("td").all_inner_texts()[1:3] for row in rows]


def test_the_levels_are_those_of_the_venue_and_follow_its_market(visitor: Visit, venue: RunningVenue) -> None:
    page, market = visitor.page, VenueMarket(venue)
    expect(page.get_by_text("Live; the last message came")).to_be_visible()
    expect(page.get_by_role("table", name="Levels")).to_be_visible()
    page.evaluate("window.tasks = []")  # the page itself was loaded before
    market.show(Side.BUY, 2, "7.125")
    market.trade("0.25")
    venue.act("advance", ms=200)
    expect(page.get_by_role("table", name="Levels").get_by_text("7.125")).to_be_visible()
    expect(page.get_by_role("table", name="Trades of the market").get_by_text("0.25")).to_be_visible()
    bids, asks = market.book()
    shown = [float(price.replace("\u202f", "")) for price, _ in ladder(page)]
    assert shown == sorted(shown, reverse=True)
    assert float(max(bids)) in shown
    assert float(min(asks)) in shown
    assert page.locator("canvas.depth").evaluate(PAINTED) > 0
    expect(page.get_by_role("img", name="Imbalance of 5 levels").locator("canvas")).to_be_visible()
    assert visitor.faults == []
    assert (
        max(page.evaluate("window.tasks"), default=0) < 200
    )  # a loaded machine stretches tasks of some 10 ms


def test_a_recorded_suspicion_has_its_evidence_and_follows_the_moment(visitor: Visit) -> None:
    page = visitor.page
    suspicions = page.get_by_role("list", name="Suspicions of manipulation that the engine recorded")
    suspicions.get_by_text("SPOOFING").click()
    expect(suspicions.get_by_text("withdrawn").nth(1)).to_be_visible()
    page.get_by_label("Event").fill("1")
    page.get_by_label("Event").press("Enter")
    expect(page.get_by_text("The levels are live only")).to_be_visible()
    expect(page.get_by_text("No suspicion is recorded.")).to_be_visible()
    expect(page.get_by_role("table", name="Levels")).to_have_count(0)
    page.get_by_role("button", name=BACK).click()
    expect(page.get_by_role("table", name="Levels")).to_be_visible()


def test_an_instrument_of_another_exchange_is_refused_with_the_reason(visitor: Visit) -> None:
    page = visitor.page
    page.get_by_label("Instrument").fill("BTCUSDT-LINEAR.OKX")
    page.get_by_label("Instrument").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("books are read of BYBIT and BINANCE alone")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows_from_360_to_2560_pixels(
    visitor: Visit, theme: str, tmp_path: Path
) -> None:
    page = visitor.page
    page.get_by_label("Theme").select_option(theme)
    expect(page.get_by_role("table", name="Levels")).to_be_visible()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(FOUND) == []
    for width in (360, 420, 1400, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=tmp_path / f"{width}-{theme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
