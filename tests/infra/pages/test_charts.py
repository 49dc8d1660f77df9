"""Charts and tables of pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from infra.pages.bar_chart import Bar, BarChart
from infra.pages.line_chart import Line, LineChart, thinned
from infra.pages.tables import Column, table

NOON = datetime(2025, 6, 30, 12, tzinfo=UTC)


def number(value: float, places: int) -> str:
    return f"{value:.{places}f}"


def test_a_thinned_line_keeps_both_ends_and_the_extremes_of_each_pixel() -> None:
    points = [(at / 1_000, float(at % 997)) for at in range(5_000)]
    found = thinned(points)
    assert len(found) <= 4 * 5
    assert (found[0], found[-1]) == (points[0], points[-1])
    for pixel in range(5):
        own = [value for x, value in points if int(x) == pixel]
        kept = [value for x, value in found if int(x) == pixel]
        assert (min(kept), max(kept)) == (min(own), max(own))


def test_a_line_of_few_points_is_drawn_with_all_of_them() -> None:
    points = [(1.0, 2.0), (1.5, 3.0), (9.0, 1.0)]
    assert thinned(points) == points


def test_a_chart_of_one_moment_and_one_value_can_be_drawn() -> None:
    chart = LineChart("a <b>", [Line("main", "x & y", [(NOON, 5.0)])], NOON, NOON, number)
    drawn = chart.svg()
    assert drawn.count("<svg ") == 2
    assert 'aria-label="a &lt;b&gt;"' in drawn
    assert "x &amp; y" in drawn
    assert "nan" not in drawn
    assert (
        drawn.count("06-30 12:00</text>") == 2
    )  # one wide, one narrow: repeated ones would lie on each other
    assert LineChart("", [Line("main", "", [])], NOON, NOON, number).svg() == ""


def test_a_fall_is_filled_up_to_zero() -> None:
    falls = [(NOON + timedelta(hours=at), -0.1 * at) for at in range(3)]
    drawn = LineChart("", [Line("fall", "", falls)], NOON, falls[-1][0], number, ceiling=0.0).svg()
    assert drawn.count('class="line-fall" d="M74') == 4
    assert ' Z"' in drawn


def test_bars_begin_at_zero_and_losses_have_their_colour() -> None:
    drawn = BarChart("", [Bar("a", 2.0), Bar("b", -1.0, loss=True), Bar("<c>", 0.0)], number).svg()
    assert (drawn.count('class="bar-up"'), drawn.count('class="bar-down"')) == (4, 2)
    assert "<c>" not in drawn
    assert BarChart("", [], number).svg() == ""


def test_a_table_whose_rows_become_blocks_has_the_head_of_each_cell_beside_it() -> None:
    columns = (Column("control"), Column('can"didate'))
    assert '<td data-label="control">SKIP</td><td data-label="can&#34;didate">ENTER</td>' in table(
        columns, [("SKIP", "ENTER")], "long stack"
    )
    assert "data-label" not in table(columns, [("SKIP", "ENTER")], "long")


def test_the_cells_of_a_table_are_escaped_and_signed_numbers_coloured() -> None:
    columns = (Column("<name>"), Column("net", is_number=True, signed=True))
    drawn = table(columns, [("<i>", "-1.00"), ("b", "2.00"), ("c", "+0.00")], foot=[("all", "+1.00")])
    assert "<i>" not in drawn
    assert '<th>&lt;name&gt;</th><th class="number">net</th>' in drawn
    assert '<td class="number down">-1.00</td>' in drawn
    assert '<td class="number">+0.00</td>' in drawn
    assert '<tfoot><tr><td>all</td><td class="number up">+1.00</td></tr></tfoot>' in drawn
