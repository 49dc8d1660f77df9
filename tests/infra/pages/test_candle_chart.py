"""A candle chart: inside its frame, labelled, escaped, and joined where there are too many candles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from adapters.tapes import synthetic_tape
from domain.candle import Candle
from infra.pages.candle_chart import NARROW, WIDE, CandleChart, Execution, Level, Role
from infra.pages.moment import Moment

D = Decimal
START = datetime(2025, 1, 1, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
(ETH,) = synthetic_tape(7, ["ETHUSDT"], candles=400)


def drawings(chart: CandleChart) -> Sequence[ET.Element]:
    root = ET.fromstring(f"<div>{chart.svg()}</div>")  # noqa: S314  # written by this program
    return list(root)


def a_chart(candles: Sequence[Candle], title: str = "ETH") -> CandleChart:
    first, last = candles[0], candles[-1]
    levels = (
        Level(Role.ENTRY, first.close, first.close_time, last.close_time),
        Level(Role.STOP, first.close - 1, first.close_time, last.close_time),
        Level(Role.TARGET, first.close * 3, first.close_time, last.close_time, proposed=True),
    )
    execution = Execution(Role.ENTRY, first.close, first.close_time, is_buy=True, note="BUY 1 at <2>")
    return CandleChart(title, candles, levels, (execution,))


@pytest.mark.parametrize("count", [1, 2, 100])
def test_everything_is_drawn_inside_both_drawings(count: int) -> None:
    for root, size in zip(drawings(a_chart(ETH.candles[:count])), (WIDE, NARROW), strict=True):
        assert root.get("viewBox") == f"0 0 {size.width} {size.height}"
        bars = list(root.iter(f"{SVG}rect"))
        assert len(bars) == count
        for bar in bars:
            left, top = float(bar.get("x", "")), float(bar.get("y", ""))
            assert size.left <= left
            assert left + float(bar.get("width", "")) <= size.width - size.right + 0.1
            assert top >= 0
            assert top + float(bar.get("height", "")) <= size.height
        for text in root.iter(f"{SVG}text"):
            assert 0 <= float(text.get("y", "")) <= size.height


def test_each_level_is_labelled_once_and_labels_do_not_cover_each_other() -> None:
    for root in drawings(a_chart(ETH.candles[:50])):
        found = {
            one.text: float(one.get("y", ""))
            for one in root.iter(f"{SVG}text")
            if one.get("class") in {"entry", "stop", "target"}
        }
        assert sorted(text.split()[0] for text in found if text) == ["entry", "stop", "target"]
        places = sorted(found.values())
        assert all(other - one >= 14.9 for one, other in pairwise(places))


def test_a_proposed_level_is_marked_as_proposed() -> None:
    for root in drawings(a_chart(ETH.candles[:50])):
        lines = [one.get("class") for one in root.iter(f"{SVG}path") if "level" in one.get("class", "")]
        assert lines == ["level entry", "level stop", "level target proposed"]


def test_a_title_and_a_note_with_markup_are_escaped() -> None:
    chart = a_chart(ETH.candles[:5], title='<script>alert("x")</script>')
    assert "<script" not in chart.svg()
    wide, narrow = drawings(chart)
    assert "BUY 1 at <2>" in [one.text for one in wide.iter(f"{SVG}text")]
    assert "BUY" in [one.text for one in narrow.iter(f"{SVG}text")]


def test_times_on_the_axis_are_round() -> None:
    wide, _ = drawings(a_chart(ETH.candles[:100]))
    texts = [one.text or "" for one in wide.iter(f"{SVG}text")]
    times = [text for text in texts if re.search(r"\d\d:\d\d$", text)]
    assert times[:3] == ["01 Jan 00:00", "02:00", "04:00"]


def test_a_chart_without_candles_is_refused() -> None:
    with pytest.raises(ValueError, match="one candle or more"):
        CandleChart("x", ()).svg()


def test_too_many_candles_are_joined_into_coarser_ones() -> None:
    moment = Moment(ETH.instrument, None, START, START + timedelta(days=2), (), ())
    chart = moment.chart(ETH.candles)
    assert len(chart.candles) <= 150
    assert chart.candles[0].interval == timedelta(minutes=15)
    assert chart.title == f"{ETH.instrument}, 15m candles, UTC"
    assert (chart.candles[0].open, chart.candles[-1].close) == (ETH.candles[0].open, ETH.candles[398].close)
    assert max(one.high for one in chart.candles) == max(one.high for one in ETH.candles[:399])
