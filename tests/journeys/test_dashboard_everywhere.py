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
from uuid import uuid4

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
        answer = self.serving.query(document, **variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def mutate(self, fields: str, **variables: object) -> dict[str, Any]:
        """Sends one mutation as the admin; returns its answer."""
        declared = {"key": "String!", **{name: "OrderTerms!" for name in variables if name == "terms"}}
        names = ", ".join(f"${name}: {kind}" for name, kind in declared.items())
        answer = self.serving.query(
            f"mutation ({names}) {{ done: {fields} }}", self.token("admin"), key=uuid4().hex, **variables
        )
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
    return page.locator(".figure", has=page.locator("dt", has_text=re.compile(f"^{name}$"))).locator("dd").first


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
        expect(figure(page, name.capitalize())).to_have_text(signed(whole[name]))


def check_strategies(page: Page, facts: Mapping[str, Any]) -> None:
    for one in facts["strategies"]:
        card = page.locator(".card", has=page.get_by_role("heading", name=re.compile(f"^{one['value']} ")))
        expect(card).to_contain_text(f"Trades {one['trades']}, Net {signed(one['net'])}")


def check_risk(page: Page, facts: Mapping[str, Any]) -> None:
    (account,) = facts["accounts"]
    most = account["settings"]["risk"]["max_positions"]
    expect(page.locator(".uses")).to_contain_text(f"{account['openPositions']} / {most}")
    assert [one["killSwitch"] for one in facts["tradingStates"]] == [None]
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
        expect(opened(page, name).locator(".total")).to_contain_text(f"of {facts[name]['totalCount']}")
    (order,) = (edge["node"]["id"] for edge in facts["orders"]["edges"])
    steps = desk.query(STEPS, id=order, asOf=as_of)["explanation"]["steps"]
    opened(page, "chain").get_by_label("Id of an order").fill(order)
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".story > li")).to_have_count(len(steps))
    assert visitor.faults == []
    assert len(visitor.origins) == 1
