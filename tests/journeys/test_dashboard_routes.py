"""The page Decisions lists the signals that were routed to other engines, by state and as of the chosen event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from commands.signal import EndRoute, ReportRoute
from domain.opening import LogOpened
from infra.config import WhenceSettings
from infra.logs import open_owned
from tests.browser import Visit, visit
from tests.commands.requests.asking import Asking
from tests.commands.requests.routed import AWAY, routed
from tests.commands.test_routing import REFUSED, TAKEN
from tests.journeys.serving import Started, drained, started
from tests.journeys.test_dashboard_access import AXE, FOUND

TITLES = {"en": "Signals routed to other engines", "ru": "Сигналы, переданные другим движкам"}


class Served(NamedTuple):
    """An API with a log of routes, and the chains of the routes by name."""

    api: Started
    chains: dict[str, str]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("routes")
    eve = Asking()
    chains = {name: routed(eve, name) for name in ("refused", "gone", "taken", "open")}
    for name, report in (("refused", REFUSED), ("taken", TAKEN)):
        eve.desk.ask(ReportRoute(chains[name], report), cause=f"exchange:{AWAY}:{name}:{report.outcome}")
    eve.desk.ask(EndRoute(chains["gone"], "that machine is gone"), cause="command:end", actor="eve")
    recorded = eve.desk.log.envelopes
    assert isinstance(recorded[0].event, LogOpened)
    with closing(open_owned(WhenceSettings(log=f"sqlite:///{folder / 'whence.db'}"))) as log:
        log.append(recorded)
    with started(folder, "--read-only") as api, drained(api.program, folder / "api.log"):
        yield Served(api, chains)


@pytest.fixture
def visitor(browser: Browser, serving: Served) -> Iterator[Visit]:
    with visit(browser) as visiting:
        visiting.page.goto(f"{serving.api.page()}#/decisions")
        yield visiting


def test_routes_are_listed_with_state_and_reason_and_filtered_and_a_row_opens_its_chain(
    visitor: Visit, serving: Served
) -> None:
    page = visitor.page
    table = page.get_by_role("table", name=TITLES["en"])
    expect(table.get_by_text("UNANSWERED")).to_be_visible()
    for text in ("TAKEN", "REFUSED", "ENDED_BY_PERSON", "RECONCILING", "that machine is gone"):
        expect(table.get_by_text(text, exact=True)).to_be_visible()
    page.get_by_label("State of the route").select_option("REFUSED")
    expect(table.get_by_text("RECONCILING")).to_be_visible()
    expect(table.get_by_text("UNANSWERED")).to_have_count(0)
    table.get_by_text("RECONCILING").click()
    expect(page).to_have_url(f"{serving.api.page()}#/chain/{serving.chains['refused']}")
    expect(page.get_by_text(f"routed to the engine of {AWAY}").first).to_be_visible()
    assert visitor.faults == []


def test_before_the_first_route_was_recorded_the_page_has_no_list_of_them(visitor: Visit) -> None:
    page = visitor.page
    table = page.get_by_role("table", name=TITLES["en"])
    expect(table).to_be_visible()
    page.get_by_label("Event").fill("2")
    page.get_by_label("Event").press("Enter")
    expect(table).to_have_count(0)
    page.get_by_role("button", name="Back to now").click()
    expect(table).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_axe_finds_nothing_and_nothing_overflows_in_both_languages(
    visitor: Visit, language: str, tmp_path: Path
) -> None:
    page = visitor.page
    page.get_by_label("Language").select_option(language)
    expect(page.get_by_role("table", name=TITLES[language]).get_by_text("UNANSWERED")).to_be_visible()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(FOUND) == []
    for width in (360, 1400, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=tmp_path / f"{width}-{language}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
