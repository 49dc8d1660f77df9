"""A request whose outcome the page does not know is kept with its key, sent again, and carried out once.

The program is killed after it has carried out a request and before the page has its response, or the request never
reaches it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import visit
from tests.journeys.program import whence
from tests.journeys.serving import Started, started
from tests.journeys.test_dashboard import opened
from tests.journeys.test_dashboard_live import shown_by, sign_in, token_of
from tests.prefixing import below

REQUESTS = re.compile("/graphql$")
UNKNOWN = "It is not known whether this was carried out."
COUNTS = """{
  orders(first: 0) { totalCount }
  moves: events(where: { types: ["OrderAmendRequested"] }, first: 9) { edges { node { actor } } }
  trips: events(where: { types: ["KillSwitchTripped"] }, first: 9) { edges { node { actor } } }
  resets: events(where: { types: ["KillSwitchReset"] }, first: 9) { edges { node { actor } } }
}"""


class Program:
    """`whence api` of one log at one port, which can be killed and started again."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.folder = folder
        self._held = held
        self.serving = held.enter_context(started(folder))
        self.port = urlsplit(self.serving.url).port or 0

    def kill(self) -> None:
        self.serving.program.kill()

    def begin_again(self) -> Started:
        self.serving = self._held.enter_context(started(self.folder, "--port", str(self.port)))
        return self.serving

    def counts(self) -> Mapping[str, int]:
        """How many orders, moves of a stop by the person, trips and resets of the kill switch the log has."""
        data: dict[str, Any] = self.serving.query(COUNTS)["data"]
        by_person = {
            name: sum(edge["node"]["actor"] == "admin-of-the-test" for edge in data[name]["edges"])
            for name in ("moves", "trips", "resets")
        }
        return {"orders": int(data["orders"]["totalCount"])} | by_person


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("unknown")
    assert whence(folder, "paper").returncode == 0
    with ExitStack() as held:
        yield Program(folder, held)


@pytest.fixture(scope="module")
def token(program: Program) -> str:
    return token_of(program.folder, "admin")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with visit(browser) as visiting:
        yield visiting.page


def cut(page: Page, operation: str, before: Callable[[Route], object]) -> None:
    """Ends the next request of this operation without a response, after `before`."""

    def handle(route: Route) -> None:
        if f"mutation {operation}" not in (route.request.post_data or ""):
            route.continue_()
            return
        before(route)
        route.abort()
        page.unroute(REQUESTS)

    page.route(REQUESTS, handle)


def settle(page: Page) -> None:
    """Sends the request above the page again, and closes the line of its outcome."""
    line = page.locator(".unresolved")
    expect(line).to_contain_text("it is not known whether this was carried out")
    line.get_by_role("button", name="Send again").click()
    expect(line.get_by_role("alert")).to_contain_text("Done.")
    line.get_by_role("button", name="Close").click()
    expect(line).to_have_count(0)


def carried_out_and_killed(program: Program) -> Callable[[Route], None]:
    def kill(route: Route) -> None:
        assert "errors" not in route.fetch().json()
        program.kill()

    return kill


def drafted(page: Page, instrument: str, quantity: str, stop: str) -> None:
    opened(page, "trade").get_by_label("Instrument").fill(instrument)
    page.get_by_label("Quantity").fill(quantity)
    page.get_by_label("Stop", exact=True).fill(stop)
    page.get_by_role("button", name="Check").dblclick()
    expect(page.get_by_role("button", name="Place the order")).to_be_visible()


def test_a_double_click_another_tab_and_a_killed_api_leave_each_request_in_the_log_once(
    page: Page, program: Program, token: str
) -> None:
    shown_by(page, program.serving)
    sign_in(page, token)
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.post_data or ""))
    drafted(page, "ETHUSDT-LINEAR.BYBIT", "0.02", "2000")
    page.get_by_role("button", name="Place the order").dblclick()
    expect(page.get_by_text("Done.")).to_be_visible()
    orders = program.counts()["orders"]
    (placing,) = [one for one in sent if "mutation Place" in one]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    again = page.request.post(program.serving.url, data=placing, headers=headers).json()
    assert again["data"]["placeOrder"]["__typename"] == "Completed"
    assert program.counts()["orders"] == orders

    opened(page, "chart").get_by_label("Instrument").select_option("ETHUSDT-LINEAR.BYBIT")
    handle = page.get_by_role("slider", name=re.compile("Stop of ETHUSDT"))
    handle.focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("Enter")
    cut(page, "Move", carried_out_and_killed(program))
    dialogue = page.get_by_role("dialog")
    dialogue.get_by_role("button", name="Confirm").click()
    expect(dialogue.get_by_role("alert")).to_contain_text(UNKNOWN)
    program.begin_again()
    # The stop has moved meanwhile, by this very request.
    expect(page.locator(".connection.live")).to_be_visible()
    dialogue.get_by_role("button", name="Send again").click()
    expect(dialogue.get_by_role("alert")).to_contain_text("Done.")
    dialogue.get_by_role("button", name="Close").click()
    assert program.counts()["moves"] == 1

    drafted(page, "BTCUSDT-LINEAR.BYBIT", "0.01", "50000")
    cut(page, "Place", carried_out_and_killed(program))
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_role("alert")).to_contain_text(UNKNOWN)
    program.begin_again()
    orders = program.counts()["orders"]
    expect(page.locator(".connection.live")).to_be_visible()
    # A reload forgets the form, but not the key.
    page.reload()
    settle(page)
    assert program.counts()["orders"] == orders


def test_requests_that_never_reached_the_api_are_carried_out_once_when_they_are_sent_again(
    page: Page, program: Program, token: str
) -> None:
    shown_by(page, program.serving)
    sign_in(page, token)
    cut(page, "Trip", lambda _: None)
    opened(page, "risk").get_by_role("button", name="Trip the kill switch").click()
    dialogue = page.get_by_role("dialog")
    dialogue.get_by_label("Reason").fill("tried by a test")
    dialogue.get_by_role("button", name="Confirm").click()
    expect(dialogue.get_by_role("alert")).to_contain_text(UNKNOWN)
    # A key belongs to one request: its terms cannot be changed.
    expect(dialogue.get_by_label("Reason")).not_to_be_editable()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Forget the token").click()
    line = page.locator(".unresolved")
    expect(line).to_contain_text("It was sent by admin-of-the-test")
    sign_in(page, token)
    settle(page)
    expect(page.get_by_text("Tripped: tried by a test")).to_be_visible()
    assert program.counts()["trips"] == 1

    def failed_behind_a_proxy(route: Route) -> None:
        if "mutation Reset" not in (route.request.post_data or ""):
            route.continue_()
            return
        route.fetch()
        route.fulfill(status=502, body="Bad Gateway")
        page.unroute(REQUESTS)

    page.route(REQUESTS, failed_behind_a_proxy)
    page.get_by_role("button", name="Reset the kill switch").click()
    dialogue.get_by_label("Reason").fill("the test is over")
    dialogue.get_by_role("button", name="Confirm").dblclick()
    expect(dialogue.get_by_role("alert")).to_contain_text(UNKNOWN)
    dialogue.get_by_role("button", name="Send again").click()
    expect(dialogue.get_by_role("alert")).to_contain_text("Done.")
    dialogue.get_by_role("button", name="Close").click()
    assert program.counts()["resets"] == 1

    program.kill()
    opened(page, "orders")
    expect(page.get_by_text("The API cannot be reached.")).to_be_visible()
    program.begin_again()
    export = page.get_by_role("button", name="Export as CSV")
    expect(export).to_be_visible()
    page.route(REQUESTS, lambda route: route.abort())
    export.click()
    expect(page.get_by_role("alert")).to_contain_text("The API cannot be reached.")
    page.unroute(REQUESTS)
    with page.expect_download():
        export.click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_after_the_api_was_away_the_chart_keeps_the_candles_that_were_read_before(
    page: Page, program: Program
) -> None:
    opened(shown_by(page, program.serving), "chart").get_by_role("button", name="Earlier candles").click()
    expect(page.get_by_text("2,000 candles since")).to_be_visible()
    program.kill()
    expect(page.locator(".connection.cut")).to_be_visible()
    program.begin_again()
    with page.expect_response(lambda response: "query Candles" in (response.request.post_data or "")):
        pass
    expect(page.locator(".connection.live")).to_be_visible()
    expect(page.get_by_text("2,000 candles since")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_behind_a_proxy_below_a_path_every_part_of_the_page_works(
    browser: Browser, program: Program, token: str
) -> None:
    with below(program.port, "/whence/") as address, visit(browser) as visiting:
        page = visiting.page
        page.goto(address)
        expect(page.locator(".connection.live")).to_be_visible()
        sign_in(page, token)
        expect(opened(page, "chart").get_by_role("figure").locator("canvas")).not_to_have_count(0)
        opened(page, "risk").get_by_role("button", name="Trip the kill switch").click()
        page.get_by_role("dialog").get_by_label("Reason").fill("tried by a test")
        page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Done.")
        # A sign-in begins the page anew, which ends what it was reading.
        assert [one for one in visiting.faults if "ERR_ABORTED" not in one] == []
        assert all(urlsplit(one).path.startswith("/whence/") for one in visiting.requested if "127" in one)
        # The token of one prefix is not that of another.
        assert page.evaluate("Object.keys(sessionStorage)") == ["whence.token /whence/"]


def test_over_plain_http_from_another_machine_the_page_works_and_states_what_does_not(
    browser: Browser, program: Program, token: str
) -> None:
    """The name of another machine is served from this one; a browser offers it no cryptography."""

    def from_here(route: Route) -> None:
        path = urlsplit(route.request.url).path
        headers = {name: text for name, text in route.request.headers.items() if name != "origin"}
        route.fulfill(response=route.fetch(url=program.serving.page(path.removeprefix("/")), headers=headers))

    with visit(browser) as visiting:
        page = visiting.page
        page.route("http://whence.example/**", from_here)
        page.route_web_socket(re.compile("^ws://whence.example/"), lambda _: None)
        page.goto("http://whence.example/")
        sign_in(page, token)
        expect(page.get_by_title(re.compile("a token can be read on the way"))).to_have_text("plain HTTP")
        assert page.evaluate("[isSecureContext, typeof crypto.subtle]") == [False, "undefined"]
        opened(page, "strategies").get_by_role("button", name="Pause").click()
        page.get_by_role("dialog").get_by_label("Reason").fill("tried by a test")
        page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Done.")
