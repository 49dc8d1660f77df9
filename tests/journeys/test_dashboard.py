"""The dashboard, served by the program, shows the demo's log in a Chromium that has no other network access."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser import Visit, visit
from tests.journeys.program import whence
from tests.journeys.serving import Started, drained, started

FIGURES = """query Shown($asOf: AsOfInput) {
  accounts(asOf: $asOf) { balance }
  positions(first: 0, asOf: $asOf) { totalCount }
  orders(first: 0, asOf: $asOf) { totalCount }
  decisions(first: 1, where: { verdict: SKIP }, asOf: $asOf) { totalCount edges { node { reasons } } }
}"""
MARKS = """{
  begins: equity(where: { reason: MARKED }, orderBy: RECORDED, direction: ASC, first: 1) { edges { node { at } } }
  ends: equity(where: { reason: MARKED }, first: 1) { totalCount edges { node { at } } }
}"""
PAGES = (
    *("now", "chart", "book", "trade", "positions", "orders", "decisions", "chain", "performance"),
    *("strategies", "risk", "models", "journal", "audit", "system"),
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """The log of `make demo`, served by `whence api`."""
    folder = tmp_path_factory.mktemp("dashboard")
    assert whence(folder, "paper").returncode == 0
    with started(folder) as serving, drained(serving.program, folder / "api.log"):
        yield serving


@pytest.fixture
def visitor(browser: Browser, demo: Started) -> Iterator[Visit]:
    """A visitor who sees the page of now."""
    with visit(browser) as visiting:
        visiting.page.goto(demo.page())
        expect(visiting.page.get_by_role("heading", name="Now")).to_be_visible()
        yield visiting


def opened(page: Page, name: str) -> Page:
    page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{name}$", re.IGNORECASE)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(name, re.IGNORECASE))
    return page


def plain(decimal: str) -> str:
    """A decimal as the page writes it: two digits at most after the point, thousands apart."""
    whole, _, rest = str(Decimal(decimal).quantize(Decimal("0.01"), ROUND_HALF_UP)).partition(".")
    grouped = f"{int(whole):,}".replace(",", "\u202f")
    kept = rest.rstrip("0")
    return f"{grouped}.{kept}" if kept else grouped


def test_an_address_of_the_last_page_shows_that_page_s_name_in_the_navigation_of_a_narrow_screen(
    visitor: Visit,
) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 360, "height": 900})
    page.evaluate("location.hash = '#/system'")
    expect(page.get_by_role("heading", level=1)).to_have_text("System")
    expect(page.get_by_role("navigation").get_by_role("link", name="System")).to_be_in_viewport(ratio=0.9)


def test_every_page_is_shown_without_faults_or_other_servers(visitor: Visit, tmp_path: Path) -> None:
    expect(visitor.page.locator(".mode")).to_have_text("PAPER: synthetic market, prices are not real")
    for name in PAGES:
        page = opened(visitor.page, name)
        expect(page.get_by_text("Loading …")).to_have_count(0)
        assert page.get_by_role("alert").count() == 0
        page.screenshot(path=tmp_path / f"{name}.png")
    assert visitor.faults == []
    assert len(visitor.origins) == 1


def test_the_figures_of_the_pages_are_those_of_the_api(demo: Started, visitor: Visit) -> None:
    wanted, page = demo.query(FIGURES)["data"], visitor.page
    balance = page.locator(".figure", has_text="Balance").locator("dd").first
    expect(balance).to_contain_text(plain(wanted["accounts"][0]["balance"]))
    for name in ("positions", "orders"):
        expect(opened(page, name).locator(".total")).to_contain_text(f"of {wanted[name]['totalCount']}")
    opened(page, "decisions").get_by_label("Verdict").select_option("SKIP")
    expect(page.locator(".total")).to_contain_text(f"of {wanted['decisions']['totalCount']}")


def test_the_equity_curve_begins_with_the_first_marked_hour_of_a_log_of_several_pages_of_them(
    demo: Started, visitor: Visit
) -> None:
    marks = demo.query(MARKS)["data"]
    assert marks["ends"]["totalCount"] > 200
    first, last = (
        marks[name]["edges"][0]["node"]["at"][:16].replace("T", " ") for name in ("begins", "ends")
    )
    curve = opened(visitor.page, "performance").locator(".curve").first
    expect(curve).to_have_attribute("aria-label", f"Equity, {first} \u2013 {last}")


def test_a_list_of_several_pages_shows_its_last_row_after_a_jump_to_the_end_and_its_first_after_one_back(
    demo: Started, visitor: Visit
) -> None:
    count = demo.query("{ journal(first: 0) { totalCount } }")["data"]["journal"]["totalCount"]
    assert count > 600
    page = opened(visitor.page, "journal")
    table = page.get_by_role("table", name="Journal")
    expect(table).to_have_attribute("aria-rowcount", str(count + 1))
    for key, index, ordinal in (("End", count + 1, 1), ("Home", 2, count)):
        table.focus()
        page.keyboard.press(key)
        row = table.locator(f"[aria-rowindex='{index}']")
        expect(row.get_by_role("cell").first).to_have_text(str(ordinal))
        assert table.get_by_role("row").count() < 60
    assert visitor.faults == []


def test_a_list_that_could_not_be_counted_shows_the_error_and_that_more_rows_follow(visitor: Visit) -> None:
    def without_count(route: Route) -> None:
        if "journal" in (sent := route.request.post_data or "") and '"first":0' in sent:
            route.fulfill(json={"data": None, "errors": [{"message": "it took too long"}]})
        else:
            route.continue_()

    visitor.page.route("**/graphql", without_count)
    page = opened(visitor.page, "journal")
    expect(page.get_by_text("it took too long")).to_be_visible()
    # Two pages are read, and one more row stands for those that follow.
    expect(page.get_by_role("table", name="Journal")).to_have_attribute("aria-rowcount", "402")
    visitor.page.unroute("**/graphql")


def test_a_position_leads_to_its_chain_by_the_keyboard_alone(visitor: Visit) -> None:
    page = opened(visitor.page, "positions")
    page.get_by_role("row").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Chain")
    expect(page.locator(".story")).to_contain_text("SignalDetected")
    page.locator(".story button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".story pre")).to_contain_text('"confidence"')


def test_the_rows_of_a_list_are_one_stop_of_the_tab_key_and_the_arrow_keys_lead_through_them(
    visitor: Visit,
) -> None:
    page = opened(visitor.page, "orders")
    stops = page.locator(".row[tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    last = page.get_by_role("table").get_attribute("aria-rowcount")
    for key, index in (("ArrowDown", "3"), ("ArrowUp", "2"), ("ArrowUp", "2"), ("End", last), ("Home", "2")):
        page.keyboard.press(key)
        expect(page.locator(f".row[aria-rowindex='{index}']")).to_be_focused()
        expect(page.locator(f".row[aria-rowindex='{index}']")).to_be_in_viewport()
    page.keyboard.press("PageDown")
    expect(page.locator(":focus")).not_to_have_attribute("aria-rowindex", "2")
    row, table = (page.locator(one).bounding_box() for one in (":focus", ".scrolled"))
    assert row
    assert table
    assert table["y"] < row["y"] < table["y"] + table["height"] - row["height"] + 1
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Chain")
    expect(page.locator("#content")).to_be_focused()


def test_the_results_by_hour_add_up_and_buy_and_hold_stands_beside_the_equity(
    visitor: Visit, demo: Started
) -> None:
    page = opened(visitor.page, "performance")
    wanted = demo.query(
        "{ performance { trades } hours: performance(by: HOUR) { value trades } days: performance(by: DAY) { value } }"
    )["data"]
    page.get_by_role("button", name="By hour").click()
    shown = page.get_by_role("table", name="By hour of the entry (UTC)").get_by_role("row")
    expect(shown).to_have_count(len(wanted["hours"]) + 1)
    trades = [int(row.split("\n")[1]) for row in shown.all_inner_texts()[1:]]
    assert sum(trades) == wanted["performance"][0]["trades"]
    assert len(trades) == len(wanted["hours"])
    page.get_by_role("button", name="By day").click()
    days = page.get_by_role("region", name="By day").locator("td[title]")
    expect(days).to_have_count(len(wanted["days"]))
    expect(page.locator(".curve").first).to_contain_text("Buy and hold")
    expect(page.get_by_text("no fees, no funding, no deposits")).to_contain_text("BTCUSDT-LINEAR.BYBIT: 20")


def test_a_decision_shows_every_vote_and_what_would_have_had_to_differ(visitor: Visit) -> None:
    page = opened(visitor.page, "decisions")
    page.get_by_label("Verdict").select_option("SKIP")
    # The rows of the list before stay in sight until those of the new one are there.
    expect(page.get_by_role("row").nth(1)).to_contain_text("SKIP")
    page.get_by_role("row").nth(1).click()
    votes = page.get_by_role("region", name="Votes")
    expect(votes.get_by_text("What would have had to differ")).to_be_visible()
    assert votes.get_by_role("row").count() > 10


def test_rows_of_the_filter_before_are_greyed_until_those_of_the_next_one_are_there(visitor: Visit) -> None:
    page, held = opened(visitor.page, "decisions"), list[Route]()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    of_next = '"verdict":"SKIP"'
    page.route(
        re.compile("/graphql$"),
        lambda route: (
            held.append(route) if of_next in str(route.request.post_data) and not held else route.continue_()
        ),
    )
    with page.expect_request(lambda request: of_next in str(request.post_data)):
        page.get_by_label("Verdict").select_option("SKIP")
    expect(page.locator(".older[aria-busy=true]")).to_have_count(1)
    [page_of_rows] = held
    page_of_rows.continue_()
    expect(page.locator(".older")).to_have_count(0)
    expect(page.get_by_role("row").nth(1)).to_contain_text("SKIP")


def test_a_list_of_a_narrow_screen_shows_its_columns_in_two_lines(visitor: Visit) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 420, "height": 900})
    headers = opened(page, "positions").get_by_role("columnheader")
    first, second, third = (headers.nth(index).bounding_box() for index in range(3))
    assert first
    assert second
    assert third
    assert first["x"] == second["x"] < third["x"]
    assert first["y"] < second["y"]
    expect(page.get_by_role("columnheader", name="Direction")).to_be_in_viewport(ratio=0.9)
    expect(page.get_by_role("columnheader", name="Net")).to_be_in_viewport(ratio=0.9)
    page.get_by_role("row").nth(1).focus()
    page.keyboard.press("End")
    last = page.get_by_role("table").get_attribute("aria-rowcount")
    expect(page.locator(f".row[aria-rowindex='{last}']")).to_be_in_viewport()


CHARTED = """query Charted($asOf: AsOfInput) {
  candles(instrument: "BTCUSDT-LINEAR.BYBIT", interval: "5m", first: 1, asOf: $asOf) { candles { closeTime } }
  events(first: 1, asOf: $asOf) { edges { node { recordedAt } } }
  fills(first: 0, where: { instrument: "BTCUSDT-LINEAR.BYBIT" }, asOf: $asOf) { totalCount }
}"""


def test_the_chart_scrolled_back_reads_every_candle_and_mark_and_leads_to_a_chain(
    visitor: Visit, demo: Started
) -> None:
    page = opened(visitor.page, "chart")
    expect(
        page.get_by_role("figure", name="Candles of BTCUSDT-LINEAR.BYBIT, 5m").locator("canvas")
    ).not_to_have_count(0)
    for thousands in range(2, 6):
        page.get_by_role("button", name="Earlier candles").click()
        expect(page.get_by_text(f"{thousands},000 candles since")).to_be_visible()
    expect(page.get_by_role("button", name="Earlier candles")).to_have_count(0)
    marks = page.get_by_role("table", name="Marks")
    signals = demo.query(
        '{ signals(first: 0, where: { instrument: "BTCUSDT-LINEAR.BYBIT" }) { totalCount } }'
    )
    fills = demo.query(CHARTED)["data"]["fills"]["totalCount"]
    count = signals["data"]["signals"]["totalCount"] + fills + 1
    expect(marks).to_have_attribute("aria-rowcount", str(count))
    marks.get_by_role("row").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Chain")
    expect(page.locator(".story")).to_contain_text("SignalDetected")
    assert visitor.faults == []


def test_the_chart_as_of_an_event_ends_with_the_candle_that_had_closed_when_it_was_recorded(
    visitor: Visit, demo: Started
) -> None:
    past = demo.query(CHARTED, asOf={"ordinal": 400})["data"]
    [recorded] = past["events"]["edges"]
    assert past["candles"]["candles"][0]["closeTime"] == recorded["node"]["recordedAt"]
    page = opened(visitor.page, "chart")
    page.get_by_label("Event").fill("400")
    marks = page.get_by_role("table", name="Marks")
    expect(marks.get_by_role("row").nth(1)).to_contain_text("2025-01-07\u200915:40:00")
    expect(marks.get_by_role("row", name="signal, skipped").first).to_contain_text("●\u00d7")
    page.get_by_label("Interval").select_option("1h")
    expect(page.get_by_role("figure", name="Candles of BTCUSDT-LINEAR.BYBIT, 1h")).to_be_visible()
    assert visitor.faults == []


def signed_in(visitor: Visit, demo: Started, role: str) -> Page:
    """The page of a person who typed a token of this role."""
    words = whence(demo.folder, "tokens", "create", f"{role}-{uuid4().hex[:8]}", "--role", role)
    assert words.returncode == 0, words.stderr
    page = visitor.page
    page.get_by_role("button", name="Use a token").click()
    page.get_by_label("Token").fill(words.stdout.strip())
    page.get_by_role("button", name="Use it in this tab").click()
    expect(page.get_by_text(f", {role.upper()}")).to_be_visible()
    return page


def confirmed(page: Page, reason: str = "") -> None:
    """Fills the reason of the open dialogue, confirms it, and closes it once the request was carried out."""
    dialogue = page.get_by_role("dialog")
    if reason:
        dialogue.get_by_label("Reason").fill(reason)
    dialogue.get_by_role("button", name="Confirm").click()
    expect(dialogue.get_by_role("alert")).to_contain_text("Done.")
    dialogue.get_by_role("button", name="Close").click()


def placed(page: Page) -> None:
    """Places an order for a long position in Bitcoin, far above its stop at 50,000."""
    opened(page, "trade").get_by_label("Instrument").fill("BTCUSDT-LINEAR.BYBIT")
    page.get_by_label("Quantity").fill("0.01")
    page.get_by_label("Stop", exact=True).fill("50000")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("region", name="What it would cost")).to_be_visible()
    expect(page.get_by_role("region", name="What the rules say").get_by_text("kill_switch")).to_be_visible()
    expect(page.get_by_role("button", name="Place the order")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("Done.")).to_be_visible()


def test_a_stop_is_moved_on_the_chart_by_keyboard_and_returns_where_the_rules_refuse_it(
    visitor: Visit, demo: Started
) -> None:
    page = signed_in(visitor, demo, "trader")
    placed(page)
    for button in ("Move stop", "Close"):
        expect(opened(page, "now").get_by_role("button", name=button).first).to_be_in_viewport(ratio=1)
    handle = opened(page, "chart").get_by_role("slider", name=re.compile("Stop of BTCUSDT"))
    dialogue = page.get_by_role("dialog", name="Move the stop")
    handle.focus()
    page.keyboard.press("ArrowUp")
    expect(handle).to_have_attribute("aria-valuetext", "50\u202f000.1")
    page.keyboard.press("Escape")
    expect(handle).to_have_attribute("aria-valuetext", "50\u202f000")
    page.keyboard.press("PageUp")
    page.keyboard.press("Enter")
    terms = dialogue.locator("dd").all_inner_texts()
    assert terms[:2] == ["50\u202f000", "50\u202f010"]
    before, after = (Decimal(one.replace("\u2212", "-")) for one in terms[2:])
    assert abs(after - before - Decimal("0.10")) <= Decimal("0.01")  # each is rounded
    waiting = list[Route]()
    of_handles = "query HeldOnChart"
    page.route(
        "**/graphql",
        lambda one: waiting.append(one) if of_handles in (one.request.post_data or "") else one.continue_(),
    )
    page.keyboard.press("Enter")
    expect(dialogue.get_by_role("alert")).to_contain_text("Done.")
    page.keyboard.press("Enter")
    expect(handle).to_be_focused()
    expect(handle).to_have_text("Stop 50\u202f010")

    def the_level_arrives() -> None:
        with page.expect_response(lambda one: of_handles in (one.request.post_data or "")):
            waiting[0].continue_()
        page.unroute("**/graphql")
        expect(page.locator(".level[data-moved='true']")).to_be_visible()

    _dragged(page, handle, the_level_arrives)
    dialogue.get_by_role("button", name="Confirm").click()
    expect(dialogue.get_by_role("alert")).to_contain_text("does not protect a LONG position")
    page.keyboard.press("Escape")
    expect(handle).to_have_text("Stop 50\u202f010")

    page.get_by_label("Event").fill("400")
    expect(handle).to_have_count(0)
    page.get_by_role("button", name="Back to now").click()
    expect(handle).to_be_visible()
    page.get_by_role("button", name="Forget the token").click()
    expect(handle).to_have_count(0)
    assert visitor.faults == []


def _dragged(page: Page, handle: Locator, amid: Callable[[], object]) -> None:
    """Drags the handle to the top of the chart, which is above the price; `amid` is called before it is let go."""
    begin, chart = handle.bounding_box(), page.get_by_role("figure").bounding_box()
    assert begin
    assert chart
    page.mouse.move(begin["x"] + 9, begin["y"] + 9)
    page.mouse.down()
    page.mouse.move(begin["x"] + 9, chart["y"] + 9, steps=4)
    amid()
    page.mouse.up()


def test_an_order_that_the_rules_refuse_shows_the_reason_and_can_be_corrected(
    visitor: Visit, demo: Started
) -> None:
    page = opened(signed_in(visitor, demo, "trader"), "trade")
    page.get_by_label("Instrument").fill("NOSUCH-LINEAR.BYBIT")
    page.get_by_label("Quantity").fill("1")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("NOSUCH-LINEAR.BYBIT")
    assert page.get_by_role("button", name="Place the order").count() == 0


def test_an_order_that_risks_too_much_shows_which_member_rejects_it_and_with_which_figures(
    visitor: Visit, demo: Started
) -> None:
    page = opened(signed_in(visitor, demo, "trader"), "trade")
    page.get_by_label("Instrument").fill("BTCUSDT-LINEAR.BYBIT")
    page.get_by_label("Quantity").fill("0.5")
    page.get_by_label("Stop", exact=True).fill("45000")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("risk.max_risk_per_trade")
    vote = page.get_by_role("region", name="What the rules say").get_by_role("row", name="risk_per_trade")
    expect(vote).to_contain_text("RISK_PER_TRADE")
    expect(vote).to_contain_text("limit")
    no_figures = page.get_by_role("row", name="kill_switch").get_by_role("cell").last
    expect(no_figures).to_have_text("")
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.get_by_role("button", name="Place the order").count() == 0


def test_a_paused_strategy_is_shown_so_until_it_is_resumed_also_where_the_browser_makes_no_uuids(
    visitor: Visit, demo: Started
) -> None:
    """`crypto.randomUUID` does not exist on a page that came over HTTP from another machine."""
    visitor.page.add_init_script("delete Crypto.prototype.randomUUID")
    page = opened(signed_in(visitor, demo, "trader"), "strategies")
    assert page.evaluate("typeof crypto.randomUUID") == "undefined"
    page.get_by_role("button", name="Pause").click()
    confirmed(page, "tried by a test")
    expect(page.get_by_text("Paused by a person")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    confirmed(page, "the test is over")
    expect(page.get_by_text("Paused by a person")).to_have_count(0)


def test_another_language_and_theme_are_kept_over_a_reload(visitor: Visit) -> None:
    page = visitor.page
    page.get_by_label("Language").select_option("ru")
    page.get_by_label("Тема").select_option("dark")
    page.reload()
    expect(page.get_by_role("heading", name="Сейчас")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_cut_connection_is_shown_and_the_page_goes_on_when_the_api_is_back(
    visitor: Visit, demo: Started
) -> None:
    page = visitor.page
    expect(page.locator(".connection.live")).to_be_visible()
    page.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.goto(f"{demo.page()}#/orders")
    page.context.set_offline(False)
    expect(page.locator(".connection.live")).to_be_visible()


@pytest.mark.parametrize("width", [360, 420, 2560])
def test_no_page_is_wider_than_the_screen(visitor: Visit, width: int, tmp_path: Path) -> None:
    page = visitor.page
    page.set_viewport_size({"width": width, "height": 900})
    for name in PAGES:
        opened(page, name)
        expect(page.get_by_text("Loading …")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.screenshot(path=tmp_path / f"{name}-{width}.png")


def test_the_page_book_states_what_to_set_where_the_api_shows_no_books(visitor: Visit) -> None:
    page = opened(visitor.page, "book")
    expect(page.get_by_role("note")).to_contain_text("This API shows no live books")
    expect(page.get_by_role("note")).to_contain_text("[book_view]\nshown = true")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("address", ["#/chain/%", "#/constructor", "#/now/%E0%A4%A"])
def test_an_address_that_is_none_shows_a_page(browser: Browser, demo: Started, address: str) -> None:
    with visit(browser) as visiting:
        visiting.page.goto(f"{demo.page()}{address}")
        expect(visiting.page.get_by_role("heading", level=1)).to_have_text(re.compile("Now|Chain"))
        assert visiting.faults == []


def test_a_page_whose_file_cannot_be_loaded_shows_so_and_the_other_pages_stay(visitor: Visit) -> None:
    page = visitor.page
    page.route("**/assets/part-*", lambda route: route.abort())
    opened(page, "chart")
    expect(page.get_by_role("alert")).to_contain_text("This page could not be shown")
    opened(page, "risk")
    expect(page.get_by_text("Not tripped")).to_be_visible()
    page.unroute("**/assets/part-*")
    opened(page, "chart").get_by_role("button", name="Load the dashboard again").click()
    expect(page.get_by_role("figure")).to_be_visible()


def test_a_token_that_no_header_can_have_is_refused_in_its_field(visitor: Visit) -> None:
    page = visitor.page
    page.get_by_role("button", name="Use a token").click()
    page.get_by_label("Token").fill("токен")
    page.get_by_role("button", name="Use it in this tab").click()
    assert page.get_by_label("Token").evaluate("field => field.validity.patternMismatch")
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize(("typed", "shown"), [("-5", "1"), ("1.5", "1"), ("0", "1")])
def test_an_ordinal_that_is_none_shows_the_event_nearest_to_it(
    visitor: Visit, typed: str, shown: str
) -> None:
    field = visitor.page.get_by_label("Event")
    field.fill(typed)
    expect(field).to_have_value(shown)
    expect(visitor.page.get_by_role("button", name="Back to now")).to_be_visible()
    expect(visitor.page.get_by_role("alert")).to_have_count(0)


def test_a_draft_that_arrives_after_its_terms_were_changed_is_not_offered(
    visitor: Visit, demo: Started
) -> None:
    page = opened(signed_in(visitor, demo, "trader"), "trade")
    held = list[Route]()
    drafts = re.compile("/graphql$")
    page.route(
        drafts,
        lambda route: (
            held.append(route) if "draftOrder" in str(route.request.post_data) else route.continue_()
        ),
    )
    page.get_by_label("Instrument").fill("ETHUSDT-LINEAR.BYBIT")
    page.get_by_label("Quantity").fill("0.02")
    page.get_by_label("Stop", exact=True).fill("2000")
    with page.expect_request(lambda request: "draftOrder" in str(request.post_data)):
        page.get_by_role("button", name="Check").click()
    page.get_by_label("Quantity").fill("0.01")
    [late] = held
    with page.expect_response(lambda response: "draftOrder" in str(response.request.post_data)):
        late.continue_()
    page.unroute(drafts)
    expect(page.get_by_role("region", name="What it would cost")).to_have_count(0)
    page.get_by_role("button", name="Check").click()
    cost = page.get_by_role("region", name="What it would cost")
    expect(cost).to_be_visible()
    page.route(drafts, lambda route: route.abort())
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("Failed to fetch")


def test_a_word_of_500_characters_makes_no_page_wider_than_the_screen(visitor: Visit) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 360, "height": 900})
    page.evaluate(
        "document.querySelector('main').append(Object.assign(document.createElement('p'), {id: 'long'}))"
    )
    page.locator("#long").evaluate("place => { place.textContent = 'W'.repeat(500); }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
