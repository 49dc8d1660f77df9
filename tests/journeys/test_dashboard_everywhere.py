"""The dashboard does the same on every log and store: SQLite files, and Kafka with PostgreSQL.

Each page shows what the API answers, now and as of an event; each request that a page offers is carried out by the
engine; each role is offered what it may do; a cut page resumes, and every tab shows what another one did.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from tests.browser import Visit, visit
from tests.conftest import empty_database, unused_topic
from tests.journeys.program import whence
from tests.journeys.serving import Started, drained, started
from tests.journeys.test_dashboard import confirmed, opened, plain

BTC = "BTCUSDT-LINEAR.BYBIT"
NOBODY = ""
"""The role of a reader without a token."""
HEAD = "{ events(first: 1) { edges { node { ordinal } } } }"
FACTS = """query Facts($asOf: AsOfInput) {
  accounts(asOf: $asOf) { equity balance dayRealised exposure openRisk openPositions settings }
  held: positions(first: 0, where: { status: OPEN }, asOf: $asOf) { totalCount }
  positions(first: 0, asOf: $asOf) { totalCount }
  orders(first: 1, asOf: $asOf) { totalCount edges { node { id } } }
  decisions(first: 0, asOf: $asOf) { totalCount }
  journal(first: 0, asOf: $asOf) { totalCount }
  performance(account: "paper", by: ALL, asOf: $asOf) { trades net fees funding }
  strategies: performance(account: "paper", by: STRATEGY, asOf: $asOf) { value trades net }
  candles(instrument: "BTCUSDT-LINEAR.BYBIT", interval: "5m", first: 1000, asOf: $asOf) { candles { openTime } }
  tradingStates(asOf: $asOf) { killSwitch }
  models(account: "paper", asOf: $asOf) { name }
  projections { name }
  checkpoint { size }
}"""
STEPS = "query Steps($id: ID!, $asOf: AsOfInput) { explanation(id: $id, asOf: $asOf) { steps { line } } }"


@dataclass(frozen=True)
class Desk:
    """The demo's log with its engine, its API and a notary's checkpoint. `place` names the log and the store."""

    serving: Started
    place: Sequence[str]
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def token(self, role: str) -> str:
        """A token of the role; the empty role has none."""
        if role and role not in self.tokens:
            made = whence(self.serving.folder, "tokens", "create", f"the-{role}", "--role", role, *self.place)
            assert made.returncode == 0, made.stderr
            self.tokens[role] = made.stdout.strip()
        return self.tokens.get(role, "")

    def query(self, document: str, **variables: object) -> dict[str, Any]:
        answer = self.serving.query(document, None, **variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def mutate(self, document: str, key: str, **variables: object) -> dict[str, Any]:
        """Sends a mutation named `done` as the admin; returns its answer."""
        answer = self.serving.query(document, self.token("admin"), key=key, **variables)
        assert "errors" not in answer, answer
        done: dict[str, Any] = answer["data"]["done"]
        assert done["__typename"] in ("Completed", "Draft"), done
        return done

    def head(self) -> int:
        return int(self.query(HEAD)["events"]["edges"][0]["node"]["ordinal"])


@pytest.fixture(scope="module", params=["sqlite", "kafka"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("everywhere")
    with ExitStack() as held:
        place = held.enter_context(_kafka(request)) if request.param == "kafka" else ()
        assert whence(folder, "paper", *place).returncode == 0
        notary = ("--folder", str(folder / "notary"))
        assert whence(folder, "notary", "run", "--once", *notary, *place[:2]).returncode == 0
        words = (*place, "--checkpoints", str(folder / "notary"), "--rate", "6000/minute")
        serving = held.enter_context(started(folder, *words))
        held.enter_context(drained(serving.program, folder / "api.log"))
        yield Desk(serving, place)


@contextmanager
def _kafka(request: pytest.FixtureRequest) -> Generator[Sequence[str]]:
    """The options of a log on Kafka with a store in PostgreSQL."""
    servers: str = request.getfixturevalue("kafka_bootstrap_servers")
    database: str = request.getfixturevalue("database_url")
    with unused_topic(servers) as topic, empty_database(database) as store:
        yield "--log", f"kafka://{servers}/{topic}", "--store", store


@pytest.fixture
def visitor(browser: Browser, desk: Desk) -> Iterator[Visit]:
    with visit(browser) as visiting:
        entered(visiting.page, desk)
        yield visiting


def entered(page: Page, desk: Desk, role: str = NOBODY) -> Page:
    """The page of a person of this role, who typed the token."""
    page.goto(desk.serving.page())
    if role:
        page.get_by_role("button", name="Use a token").click()
        page.get_by_label("Token").fill(desk.token(role))
        page.get_by_role("button", name="Use it in this tab").click()
        expect(page.get_by_text(f", {role.upper()}")).to_be_visible()
    expect(page.locator(".connection.live")).to_be_visible()
    return page


def figure(page: Page, name: str) -> Locator:
    """The value of a figure."""
    return (
        page.locator(".figure", has=page.locator("dt", has_text=re.compile(f"^{name}$"))).locator("dd").first
    )


def signed(decimal: str) -> str:
    """As `plain`, with the sign of a negative value."""
    return f"\u2212{plain(decimal[1:])}" if decimal.startswith("-") else plain(decimal)


def moment(time: str) -> str:
    return f"{time[:10]}\u2009{time[11:19]}"


def check_now(page: Page, facts: Mapping[str, Any]) -> None:
    (account,) = facts["accounts"]
    for name, value in (
        ("Equity", "equity"),
        ("Balance", "balance"),
        ("PnL today", "dayRealised"),
        ("Exposure", "exposure"),
        ("Open risk", "openRisk"),
    ):
        expect(figure(page, name)).to_contain_text(signed(account[value]))
    held = facts["held"]["totalCount"]
    if held:
        rows = page.get_by_role("table", name="Open positions")
        expect(rows).to_have_attribute("aria-rowcount", str(held + 1))
    else:
        expect(page.get_by_text("No position is open.")).to_be_visible()


def check_chart(page: Page, facts: Mapping[str, Any]) -> None:
    candles = facts["candles"]["candles"]
    since = moment(candles[-1]["openTime"])
    expect(page.get_by_text(f"{len(candles):,} candles since {since}")).to_be_visible()


def check_trade(page: Page, _facts: Mapping[str, Any]) -> None:
    expect(page.get_by_text("Orders need a token with the role trader.")).to_be_visible()


def check_performance(page: Page, facts: Mapping[str, Any]) -> None:
    (whole,) = facts["performance"]
    expect(figure(page, "Trades")).to_have_text(str(whole["trades"]))
    for name in ("net", "fees", "funding"):
        expect(figure(page, name.capitalize())).to_have_text(f"{signed(whole[name])} USDT")


def check_strategies(page: Page, facts: Mapping[str, Any]) -> None:
    for one in facts["strategies"]:
        card = page.locator(".card", has=page.get_by_role("heading", name=re.compile(f"^{one['value']} ")))
        expect(card).to_contain_text(f"Trades {one['trades']}, Net {signed(one['net'])}")


def check_risk(page: Page, facts: Mapping[str, Any]) -> None:
    (account,) = facts["accounts"]
    most = account["settings"]["risk"]["max_positions"]
    expect(page.locator(".uses")).to_contain_text(f"{account['openPositions']} / {most}")
    assert [one["killSwitch"] for one in facts["tradingStates"]] == [""]
    expect(page.get_by_text("Not tripped")).to_be_visible()


def check_models(page: Page, facts: Mapping[str, Any]) -> None:
    assert facts["models"] == []
    expect(page.get_by_text("No model is registered.")).to_be_visible()


def check_audit(page: Page, facts: Mapping[str, Any]) -> None:
    expect(figure(page, "Signed events")).to_have_text(plain(facts["checkpoint"]["size"]))


def check_system(page: Page, facts: Mapping[str, Any]) -> None:
    rows = page.get_by_role("table", name="Read models")
    expect(rows).to_have_attribute("aria-rowcount", str(len(facts["projections"]) + 1))
    for one in facts["projections"]:
        expect(rows.get_by_role("cell", name=one["name"], exact=True).first).to_be_visible()


CHECKS = {
    "now": check_now,
    "chart": check_chart,
    "trade": check_trade,
    "performance": check_performance,
    "strategies": check_strategies,
    "risk": check_risk,
    "models": check_models,
    "audit": check_audit,
    "system": check_system,
}
LISTS = ("positions", "orders", "decisions", "journal")


@pytest.mark.parametrize("ordinal", [None, 400], ids=["now", "as of an event"])
def test_every_page_shows_what_the_api_answers_of_the_same_moment(
    visitor: Visit, desk: Desk, ordinal: int | None
) -> None:
    page, as_of = visitor.page, None if ordinal is None else {"ordinal": str(ordinal)}
    facts = desk.query(FACTS, asOf=as_of)
    if ordinal is not None:
        page.get_by_label("Event").fill(str(ordinal))
    for name, check in CHECKS.items():
        check(opened(page, name), facts)
    for name in LISTS:
        expect(opened(page, name).locator(".total")).to_contain_text(f"of {facts[name]['totalCount']:,}")
    (order,) = (edge["node"]["id"] for edge in facts["orders"]["edges"])
    steps = desk.query(STEPS, id=order, asOf=as_of)["explanation"]["steps"]
    opened(page, "chain").get_by_label("Id of an order").fill(order)
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".story > li")).to_have_count(len(steps))
    assert visitor.faults == []
    assert len(visitor.origins) == 1


def test_a_trader_places_moves_and_closes_an_order_and_the_log_has_each_step(
    visitor: Visit, desk: Desk
) -> None:
    page = opened(entered(visitor.page, desk, "trader"), "trade")
    page.get_by_label("Instrument").fill(BTC)
    page.get_by_label("Quantity").fill("0.01")
    page.get_by_label("Stop", exact=True).fill("50000")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("region", name="What it would cost")).to_be_visible()
    expect(page.get_by_role("region", name="What the rules say").get_by_text("kill_switch")).to_be_visible()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("Done.")).to_be_visible()

    held = opened(page, "now").get_by_role("row", name=re.compile("BTCUSDT-LINEAR"))
    held.get_by_role("button", name="Move stop").click()
    page.get_by_role("dialog").get_by_label("Stop").fill("50500")
    confirmed(page)
    expect(held).to_contain_text("50\u202f500")
    held.get_by_role("button", name="Close").click()
    confirmed(page, "tried by a test")
    expect(page.get_by_text("No position is open.")).to_be_visible()

    found = desk.query("{ events(first: 200) { edges { node { type actor } } } }")["events"]["edges"]
    by_person = {
        one["node"]["type"].rpartition(".")[2] for one in found if one["node"]["actor"] == "the-trader"
    }
    assert {"OrderPlaced", "OrderAmendRequested", "PositionClosing"} <= by_person


def test_a_paused_strategy_is_shown_so_until_it_is_resumed(visitor: Visit, desk: Desk) -> None:
    page = opened(entered(visitor.page, desk, "trader"), "strategies")
    page.get_by_role("button", name="Pause").click()
    confirmed(page, "tried by a test")
    expect(page.get_by_text("Paused by a person")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    confirmed(page, "the test is over")
    expect(page.get_by_text("Paused by a person")).to_have_count(0)


TERMS = {"instrument": BTC, "side": "BUY", "type": "MARKET", "quantity": "0.01", "stop": "50000"}
DRAFT = """mutation ($key: String!, $terms: OrderTerms!) {
  done: draftOrder(request: {idempotencyKey: $key}, terms: $terms) { __typename ... on Draft { confirmation } }
}"""
PLACE = """mutation ($key: String!, $confirmation: String!) {
  done: placeOrder(request: {idempotencyKey: $key}, confirmation: $confirmation) { __typename }
}"""
TRIP = """mutation ($key: String!) {
  done: tripKillSwitch(request: {idempotencyKey: $key}, reason: "tried by a test") { __typename }
}"""
RESET = """mutation ($key: String!) {
  done: resetKillSwitch(request: {idempotencyKey: $key}, reason: "the test is over") { __typename }
}"""

OFFERED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "now": {"trader": frozenset({"Move stop", "Close"})},
    "trade": {"trader": frozenset({"Check"})},
    "strategies": {"trader": frozenset({"Pause"})},
    "risk": {"trader": frozenset({"Trip the kill switch"})},
    "risk, tripped": {"admin": frozenset({"Reset the kill switch"})},
}
"""The requests that a page offers, by the least role that may send them."""
ROLES = (NOBODY, "viewer", "trader", "admin")
REQUESTS = frozenset(one for offers in OFFERED.values() for names in offers.values() for one in names)


def offered(role: str, page: str) -> set[str]:
    """What the page offers to this role."""
    least = OFFERED[page]
    return {name for one, names in least.items() if ROLES.index(role) >= ROLES.index(one) for name in names}


def shown_requests(page: Page) -> frozenset[str]:
    return REQUESTS.intersection(page.locator("#content").get_by_role("button").all_inner_texts())


def test_each_role_is_offered_the_requests_that_it_may_send_and_no_others(
    browser: Browser, desk: Desk
) -> None:
    draft = desk.mutate(DRAFT, "an-order", terms=TERMS)
    desk.mutate(PLACE, "an-order", confirmation=draft["confirmation"])
    with ExitStack() as held:
        pages = {role: entered(held.enter_context(visit(browser)).page, desk, role) for role in ROLES}
        for role, page in pages.items():
            expect(page.get_by_role("row", name=re.compile("BTCUSDT-LINEAR"))).to_be_visible()
            assert shown_requests(page) == offered(role, "now"), role
            for name in ("trade", "strategies", "risk"):
                opened(page, name)
                expect(page.get_by_text("Loading …")).to_have_count(0)
                assert shown_requests(page) == offered(role, name), (role, name)
        desk.mutate(TRIP, "a-trip")
        for role, page in pages.items():
            expect(page.get_by_text("Tripped: tried by a test")).to_be_visible()
            assert shown_requests(page) == offered(role, "risk, tripped"), role
        opened(pages["admin"], "risk").get_by_role("button", name="Reset the kill switch").click()
        confirmed(pages["admin"], "the test is over")
        for page in pages.values():
            expect(page.get_by_text("Not tripped")).to_be_visible()


class Cable:
    """The WebSockets of a page, which can be cut and joined again."""

    def __init__(self, page: Page) -> None:
        self._is_cut = False
        self._open: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("."), self._opened)

    def cut(self) -> None:
        self._is_cut = True
        for socket in self._open:
            socket.close()

    def join(self) -> None:
        self._is_cut = False

    def _opened(self, socket: WebSocketRoute) -> None:
        if self._is_cut:
            socket.close()
            return
        socket.connect_to_server()
        self._open.append(socket)


def test_a_cut_page_resumes_with_what_happened_in_another_tab_meanwhile(visitor: Visit, desk: Desk) -> None:
    acting = entered(visitor.page, desk, "admin")
    watching = visitor.page.context.new_page()
    cable = Cable(watching)
    opened(entered(watching, desk), "risk")
    cable.cut()
    expect(watching.locator(".connection.cut")).to_contain_text("cut off for")
    opened(acting, "risk").get_by_role("button", name="Trip the kill switch").click()
    confirmed(acting, "tried by a test")
    expect(watching.get_by_text("Not tripped")).to_be_visible()
    cable.join()
    expect(watching.locator(".connection.live")).to_be_visible()
    expect(watching.get_by_text("Tripped: tried by a test")).to_be_visible()
    expect(watching.get_by_label("Event")).to_have_value(str(desk.head()))
    desk.mutate(RESET, "a-reset")
    expect(watching.get_by_text("Not tripped")).to_be_visible()
