"""The dashboard stays right over cuts and in two tabs, keeps its token out of addresses, and exports whole lists."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocket, WebSocketRoute, expect

from tests.browser import visit
from tests.journeys.program import whence
from tests.journeys.serving import Started, started
from tests.journeys.test_dashboard import confirmed, opened

TRIP = """mutation ($key: String!) {
  tripKillSwitch(request: {idempotencyKey: $key}, reason: "tried by a test") { __typename }
}"""
HEAD = "{ events(first: 1) { edges { node { ordinal } } } orders(first: 0) { totalCount } }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the log of `make demo`."""
    assert whence(tmp_path, "paper").returncode == 0
    return tmp_path


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with visit(browser) as visiting:
        yield visiting.page


def token_of(folder: Path, role: str) -> str:
    made = whence(folder, "tokens", "create", f"{role}-of-the-test", "--role", role)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def shown_by(page: Page, serving: Started) -> Page:
    page.goto(serving.page())
    expect(page.locator(".connection.live")).to_be_visible()
    return page


def sign_in(page: Page, token: str) -> None:
    page.get_by_role("button", name="Use a token").click()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Use it in this tab").click()
    expect(page.get_by_text("-of-the-test, ")).to_be_visible()


def head(serving: Started) -> int:
    return int(serving.query(HEAD)["data"]["events"]["edges"][0]["node"]["ordinal"])


class Ordinals(list[int]):
    """The ordinals of the events that the page received over its sockets, in order."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._received)

    def _received(self, frame: str | bytes) -> None:
        message: dict[str, Any] = json.loads(frame)
        if message["type"] == "next" and "events" in message["payload"]["data"]:
            self.append(int(message["payload"]["data"]["events"]["ordinal"]))


def test_after_a_cut_the_page_says_its_age_greys_out_and_resumes_without_a_gap(
    page: Page, folder: Path
) -> None:
    page.clock.install()
    received = Ordinals(page)
    token = token_of(folder, "admin")
    with started(folder) as first:
        port = str(urlsplit(first.url).port)
        shown_by(page, first)
        assert first.query(TRIP, token, key="before")["data"]["tripKillSwitch"]["__typename"] == "Completed"
        expect(page.get_by_label("Event")).to_have_value(str(head(first)))
        first.program.kill()
    expect(page.locator(".connection.cut")).to_contain_text("cut off for")
    page.clock.fast_forward(31_000)
    expect(page.locator("html.old")).to_have_count(1)
    with started(folder, "--port", port) as again:
        reset = TRIP.replace("trip", "reset", 1)
        assert again.query(reset, token, key="after")["data"]["resetKillSwitch"]["__typename"] == "Completed"
        page.clock.fast_forward(16_000)
        expect(page.locator(".connection.live")).to_be_visible()
        expect(page.locator("html.old")).to_have_count(0)
        expect(page.get_by_label("Event")).to_have_value(str(head(again)))
        assert received == list(range(received[0], head(again) + 1))


def test_an_account_that_the_read_models_include_later_is_shown_without_a_reload(
    page: Page, folder: Path
) -> None:
    requested = list[str]()

    def without_accounts_at_first(route: Route) -> None:
        if "query First" not in (route.request.post_data or ""):
            route.continue_()
            return
        requested.append(route.request.url)
        answer = route.fetch()
        body = answer.json()
        if len(requested) == 1:
            body["data"]["accounts"] = []
        route.fulfill(response=answer, json=body)

    with started(folder) as serving:
        page.route("**/graphql", without_accounts_at_first)
        opened(shown_by(page, serving), "risk")
        expect(page.get_by_text("Not tripped")).to_be_visible()
    assert len(requested) > 1


def test_what_one_tab_does_the_other_tab_shows_and_no_address_or_log_has_the_token(
    page: Page, folder: Path
) -> None:
    token = token_of(folder, "admin")
    with started(folder) as serving:
        other = opened(shown_by(page.context.new_page(), serving), "risk")
        expect(other.get_by_text("Not tripped")).to_be_visible()
        requested = list[str]()
        page.context.on("request", lambda request: requested.append(request.url))
        shown_by(page, serving)
        sign_in(page, token)
        opened(page, "risk").get_by_role("button", name="Trip the kill switch").click()
        confirmed(page, "tried by a test")
        expect(other.get_by_text("Tripped: tried by a test")).to_be_visible()
        expect(other.get_by_role("button", name="Use a token")).to_be_visible()
        _, logged = serving.stop()
    assert requested
    assert not any(token in address for address in [*requested, page.url, other.url])
    assert token not in logged
    assert token not in json.dumps(serving.logged)


SUBMIT = """mutation ($key: String!) {
  submitSettings(
    request: {idempotencyKey: $key}, changes: [{name: "risk.max_positions", value: "9"}], reason: "two more symbols"
  ) { __typename }
}"""
IN_FORCE = "{ accounts { settings } tradingStates { heldSettings { id } } }"


def test_an_admin_applies_and_rejects_held_changes_of_settings_on_the_page_of_risk(
    page: Page, folder: Path
) -> None:
    admin, viewer = token_of(folder, "admin"), token_of(folder, "viewer")
    with started(folder) as serving:
        shown_by(page, serving)
        sign_in(page, viewer)
        opened(page, "Risk")
        heading = page.get_by_role("heading", name="Changes of settings that wait for a review")
        expect(heading).to_have_count(0)
        assert (
            serving.query(SUBMIT, admin, key="first")["data"]["submitSettings"]["__typename"] == "Completed"
        )
        expect(heading).to_be_visible()
        line = page.get_by_role("listitem").filter(has_text="risk.max_positions")
        expect(line).to_contain_text("5 → 9")
        expect(line).to_contain_text("by admin-of-the-test")
        expect(line).to_contain_text("two more symbols")
        expect(page.get_by_role("button", name="Apply")).to_have_count(0)
        page.get_by_role("button", name="Forget the token").click()
        sign_in(page, admin)
        page.get_by_role("button", name="Reject").click()
        confirmed(page, "not now")
        expect(heading).to_have_count(0)
        assert (
            serving.query(SUBMIT, admin, key="again")["data"]["submitSettings"]["__typename"] == "Completed"
        )
        page.get_by_role("button", name="Apply").click()
        confirmed(page, "agreed")
        expect(heading).to_have_count(0)
        found = serving.query(IN_FORCE, admin)["data"]
        assert found["accounts"][0]["settings"]["risk"]["max_positions"] == 9
        assert found["tradingStates"] == [{"heldSettings": None}]
        page.get_by_label("Language").select_option("ru")
        assert serving.query(SUBMIT.replace("9", "10"), admin, key="third")["data"]["submitSettings"]
        expect(page.get_by_role("heading", name="Изменения настроек, которые ждут решения")).to_be_visible()
        expect(page.get_by_role("button", name="Применить")).to_be_visible()


def test_an_exported_list_has_every_row_with_exact_decimals(page: Page, folder: Path) -> None:
    with started(folder) as serving:
        opened(shown_by(page, serving), "orders")
        expect(page.locator(".total")).to_contain_text(re.compile(r"of \d+"))
        with page.expect_download() as saving:
            page.get_by_role("button", name="Export as CSV").click()
        wanted = serving.query(HEAD)["data"]["orders"]["totalCount"]
        api = serving.query("{ orders(first: 1) { edges { node { id quantity fees } } } }")["data"]["orders"]
    rows = list(csv.DictReader(saving.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == wanted
    assert {rows[0][name] for name in ("id", "quantity", "fees")} == set(api["edges"][0]["node"].values())
    assert saving.value.suggested_filename == "Orders.csv"


def test_what_failed_while_the_api_was_away_is_read_again_from_a_log_at_rest(
    page: Page, folder: Path
) -> None:
    with started(folder) as first:
        port = str(urlsplit(first.url).port)
        shown_by(page, first)
        first.program.kill()
    opened(page, "risk")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    opened(page, "orders")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    with started(folder, "--port", port):
        expect(page.locator(".connection.live")).to_be_visible()
        expect(page.locator(".total")).to_contain_text(re.compile(r"of \d+"))
        expect(page.get_by_role("alert")).to_have_count(0)
        opened(page, "risk")
        expect(page.get_by_text("Not tripped")).to_be_visible()


def test_a_connection_without_a_response_to_a_ping_is_given_up_for_another_one(
    page: Page, folder: Path
) -> None:
    sockets = list[str]()

    def silent_after_the_first(socket: WebSocketRoute) -> None:
        sockets.append(socket.url)
        if len(sockets) > 1:
            return
        server = socket.connect_to_server()
        server.on_message(lambda frame: None if '"pong"' in str(frame) else socket.send(frame))

    page.clock.install()
    page.route_web_socket("**/graphql", silent_after_the_first)
    with started(folder) as serving:
        shown_by(page, serving)
        assert len(sockets) == 1
        page.clock.run_for(24_000)
        expect(page.locator(".connection.connecting")).to_be_visible()
        assert len(sockets) == 2


def test_the_page_begins_anew_where_the_api_serves_another_log(page: Page, folder: Path) -> None:
    answers = list[str]()

    def another_log_at_second(route: Route) -> None:
        if "query First" not in (route.request.post_data or ""):
            route.continue_()
            return
        answer = route.fetch()
        body = answer.json()
        for edge in body["data"]["opening"]["edges"]:
            answers.append(edge["node"]["id"])
            if len(answers) == 2:
                edge["node"]["id"] = "another"
        route.fulfill(response=answer, json=body)

    with started(folder) as serving:
        page.route("**/graphql", another_log_at_second)
        documents = count(1)
        with page.expect_event("framenavigated", lambda _: next(documents) == 2):
            page.goto(serving.page(), wait_until="commit")
        assert len(answers) >= 2
        expect(page.get_by_label("Event")).to_have_value(str(head(serving)))


def test_a_request_without_a_response_that_another_log_got_cannot_be_sent_to_this_one(
    page: Page, folder: Path
) -> None:
    """Its key is unknown in this log, so it would be carried out anew."""
    with started(folder) as serving:
        shown_by(page, serving)
        sign_in(page, token_of(folder, "admin"))
        page.route(
            "**/graphql",
            lambda one: one.abort() if "Trip" in (one.request.post_data or "") else one.continue_(),
        )
        opened(page, "risk").get_by_role("button", name="Trip the kill switch").click()
        page.get_by_role("dialog").get_by_label("Reason").fill("tried by a test")
        page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("dialog").get_by_role("button", name="Send again")).to_be_visible()
        held = "whence.unresolved"
        opening = serving.query("{ events(first: 1, direction: ASC) { edges { node { id } } } }")
        log = opening["data"]["events"]["edges"][0]["node"]["id"]
        assert log in page.evaluate("name => sessionStorage[name]", held)
        page.evaluate(
            "([name, log]) => sessionStorage[name] = sessionStorage[name].replace(log, 'another')",
            [held, log],
        )
        page.reload()
        line = page.locator(".unresolved")
        expect(line).to_contain_text("It was sent to another log")
        expect(line.get_by_role("button", name="Send again")).to_have_count(0)
        line.get_by_role("button", name="Give it up").click()
        expect(line).to_have_count(0)


def test_a_response_that_is_slower_than_events_arrive_is_shown_and_the_next_request_follows_it(
    page: Page, folder: Path
) -> None:
    requested = list[Route]()

    def first_held(route: Route) -> None:
        if "query Risk" in (route.request.post_data or ""):
            requested.append(route)
            if len(requested) == 1:
                return
        route.continue_()

    with started(folder) as serving:
        token = token_of(folder, "admin")
        page.route("**/graphql", first_held)
        opened(shown_by(page, serving), "risk")
        # What is read again after events is requested in the same turn.
        with page.expect_request(lambda one: "query First" in (one.post_data or "")):
            serving.query(TRIP, token, key="slow")
        with page.expect_request(lambda one: "query First" in (one.post_data or "")):
            serving.query(TRIP.replace("trip", "reset", 1), token, key="slower")
        (first,) = requested
        first.continue_()
        expect(page.get_by_text("Not tripped")).to_be_visible()
        assert len(requested) == 2


def test_a_token_that_is_revoked_while_the_page_is_open_is_requested_anew(page: Page, folder: Path) -> None:
    with started(folder) as serving:
        shown_by(page, serving)
        sign_in(page, token_of(folder, "trader"))
        expect(page.locator(".connection.live")).to_be_visible()
        assert whence(folder, "tokens", "revoke", "trader-of-the-test").returncode == 0
        expect(page.get_by_role("heading", name="token")).to_be_visible()
        made = whence(folder, "tokens", "create", "later-of-the-test", "--role", "viewer")
        page.get_by_label("Token").fill(made.stdout.strip())
        page.get_by_role("button", name="Use it in this tab").click()
        expect(page.get_by_text("later-of-the-test, VIEWER")).to_be_visible()
        expect(page.locator(".connection.live")).to_be_visible()
