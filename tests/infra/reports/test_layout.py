"""The page of a report in a browser, as wide as a desk's screen and as narrow as a telephone's."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters
from infra.logs import open_reader
from infra.pages.frame import render
from infra.pages.section import Section
from infra.pages.tables import Column, table
from infra.reports.page import page
from infra.reports.report import Request, made
from projections.reports.period import Period
from tests.browser import Visit
from tests.old_logs.logs import copy_of, sealed


@pytest.fixture
def address(tmp_path: Path) -> str:
    """The page of a log with trades, interventions and a trail."""
    settings = WhenceSettings(log=f"sqlite:///{sealed(copy_of('tape', tmp_path))}")
    with closing(open_reader(settings)) as log, closing(FoundLetters(settings)) as letters:
        text = page(made(log, Request(Period()), letters(), None, None))
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    return (tmp_path / "report.html").as_uri()


def test_a_page_fits_both_screens_shows_one_drawing_of_each_chart_and_loads_nothing(
    visitor: Visit, address: str
) -> None:
    for width, form in ((1400, "wide"), (420, "narrow")):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.page.goto(address)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == width
        charts = visitor.page.locator("svg")
        seen = [one.get_attribute("class") for one in charts.all() if one.is_visible()]
        assert seen == [form] * (charts.count() // 2)
        assert len(seen) == 4
        smallest = visitor.page.evaluate(
            "Math.min(...[...document.querySelectorAll('svg text')].map(one => one.getBoundingClientRect().height)"
            ".filter(height => height > 0))"
        )
        assert smallest > 10
    assert set(visitor.requested) == {address}
    assert visitor.faults == []


def test_a_table_that_goes_on_beyond_a_narrow_screen_has_a_shadow_at_its_edge_and_none_in_print(
    visitor: Visit, address: str
) -> None:
    visitor.page.set_viewport_size({"width": 420, "height": 900})
    visitor.page.goto(address)
    shadows = (
        "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"
        ".map(one => getComputedStyle(one)).map(one => [one.backgroundImage, one.backgroundAttachment])"
    )
    found = visitor.page.evaluate(shadows)
    assert len(found) >= 2
    for image, attachment in found:
        assert image.count("linear-gradient") == 4
        assert attachment == "local, local, scroll, scroll"
    visitor.page.emulate_media(media="print")
    every = "[...document.querySelectorAll('.scroll')].map(one => getComputedStyle(one).backgroundImage)"
    assert set(visitor.page.evaluate(every)) == {"none"}


def test_the_head_of_a_long_table_and_whole_rows_are_kept_in_print(visitor: Visit, address: str) -> None:
    visitor.page.emulate_media(media="print")
    visitor.page.goto(address)
    style = "getComputedStyle(document.querySelector('table.trail{}')).{}"
    assert visitor.page.evaluate(style.format("", "breakInside")) == "auto"
    assert visitor.page.evaluate(style.format(" tbody tr", "breakInside")) == "avoid"
    assert visitor.page.locator("svg.wide").first.is_visible()
    assert not visitor.page.locator("svg.narrow").first.is_visible()


def test_a_list_of_many_trades_scrolls_in_a_box_on_a_screen_and_is_whole_in_print(
    visitor: Visit, tmp_path: Path
) -> None:
    rows = [(f"BTCUSDT-LINEAR.BYBIT-LONG-{number}",) for number in range(400)]
    listed = Section("trades", "Trades", [table([Column("position")], rows, "long")])
    text = render(
        "report.html", title="BACKTEST", lead="", figures=[], sections=[listed], foot="", notices=[]
    )
    (tmp_path / "long.html").write_text(text, encoding="utf-8")
    visitor.page.set_viewport_size({"width": 1400, "height": 900})
    visitor.page.goto((tmp_path / "long.html").as_uri())
    height = "document.documentElement.scrollHeight"
    assert visitor.page.evaluate(height) < 2 * 900
    head, box = visitor.page.locator("thead th"), visitor.page.locator(".scroll")
    box.evaluate("one => one.scrollTo(0, one.scrollHeight)")
    assert visitor.page.locator("td").last.is_visible()
    top = "one => one.getBoundingClientRect().top"
    assert abs(head.evaluate(top) - box.evaluate(top)) <= 1
    visitor.page.emulate_media(media="print")
    assert visitor.page.evaluate(height) > 400 * 10
