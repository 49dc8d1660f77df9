"""Where the strategies on books propose, and with which stop and target: planted books with round figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.direction import Direction
from domain.market import BookReading
from domain.strategies import BookWatcher, Intent, Proposal
from domain.strategies.builtin import BUILTIN
from tests.domain.strategies.made_books import a_book, a_gap
from tests.domain.strategies.nimble import ON_BOOKS

Figures = Mapping[str, float]

# The mid is 1,000 and the volatility 10 bps: a stop is 3 to 20 bps away, and 0.5 bps behind its level.
WALL = {"999.5": "9"}
WALL_ABOVE = {"1000.5": "9"}
ABSORBED: Figures = {"imbalance_5": 0.8, "absorption": 1.6, "volume_delta": -0.3, "microprice": 0.5}
BROKEN: Figures = {"imbalance_5": 0.8, "value_place": 1.2, "volume_delta": 0.25, "control_distance": 5.0}
SUSTAINED: Figures = {"imbalance_20": 0.6, "ofi_excess": 1.5, "microprice": 0.5}
LEFT: Figures = {
    "value_place": 1.2,
    "volume_delta": 0.3,
    "volume_ratio": 1.5,
    "control_distance": 10.0,
    "hot_density_bid": 6.0,
}
SITUATIONS: Mapping[str, Figures] = {
    "book-scalper": ABSORBED,
    "book-imbalance": SUSTAINED,
    "cluster-breakout": LEFT,
}
NEEDED: Mapping[str, int] = {"book-scalper": 3, "book-imbalance": 10, "cluster-breakout": 3}
"""The readings in a row that must agree, by default."""
every_strategy = pytest.mark.parametrize("name", sorted(ON_BOOKS))


def mirrored(figures: Figures) -> dict[str, float]:
    """The same situation with bids and asks exchanged."""
    same = {"absorption", "volume_ratio", "volatility", "spread"}
    found = {name: value if name in same else -value for name, value in figures.items()}
    if "value_place" in figures:
        found["value_place"] = 1.0 - figures["value_place"]
    if "hot_density_bid" in figures:
        del found["hot_density_bid"]
        found["hot_density_ask"] = figures["hot_density_bid"]
    return found


def of_watcher(name: str, readings: Iterable[BookReading], **parameters: float) -> list[Proposal | None]:
    watcher = BUILTIN[name](parameters).watch()
    assert isinstance(watcher, BookWatcher)
    return [watcher.on_book(one) for one in readings]


def planted(name: str, figures: Figures, walls: Mapping[str, str], count: int) -> list[BookReading]:
    """Two calm books, and then so many with these figures and bid walls."""
    calm = [a_book(number, strong=walls) for number in range(2)]
    return [*calm, *(a_book(number, figures, strong=walls) for number in range(2, 2 + count))]


def entry(found: list[Proposal | None]) -> tuple[int, Proposal]:
    """The only ENTER, and the number of its reading."""
    entries = [(n, one) for n, one in enumerate(found) if one is not None and one.intent is Intent.ENTER]
    assert len(entries) == 1
    return entries[0]


def has_no_entry(found: list[Proposal | None]) -> bool:
    return not any(one is not None and one.intent is Intent.ENTER for one in found)


@every_strategy
def test_an_entry_is_proposed_at_the_reading_that_completes_the_row_and_none_in_the_cooldown(
    name: str,
) -> None:
    found = of_watcher(name, planted(name, SITUATIONS[name], WALL, 40))
    number, proposal = entry(found)
    assert number == 1 + NEEDED[name]
    assert (proposal.direction, proposal.price) == (Direction.LONG, Decimal("1000.1"))
    short = of_watcher(name, [*planted(name, {}, {}, 0), *_shorts(name, 40)])
    number, proposal = entry(short)
    assert number == 1 + NEEDED[name]
    assert (proposal.direction, proposal.price) == (Direction.SHORT, Decimal("999.9"))


def _shorts(name: str, count: int) -> list[BookReading]:
    figures = mirrored(SITUATIONS[name])
    return [a_book(number, figures, strong_asks=WALL_ABOVE) for number in range(2, 2 + count)]


@pytest.mark.parametrize("name", ["book-scalper", "book-imbalance"])
def test_the_stop_is_behind_the_nearest_strong_level_and_the_target_two_of_its_distances_away(
    name: str,
) -> None:
    _, long = entry(of_watcher(name, planted(name, SITUATIONS[name], WALL, 12)))
    assert (long.stop, long.target) == (Decimal("999.450025"), Decimal("1001.39995"))
    _, short = entry(of_watcher(name, [*planted(name, {}, {}, 0), *_shorts(name, 12)]))
    assert (short.stop, short.target) == (Decimal("1000.550025"), Decimal("998.59995"))


def test_the_stop_of_a_breakout_is_behind_the_point_of_control() -> None:
    _, long = entry(of_watcher("cluster-breakout", planted("", LEFT, {}, 4)))
    # 1000 / 1.001 = 999.000999..., and 0.5 bps behind it.
    assert (long.stop, long.target) == (Decimal("998.9510489510"), Decimal("1002.3979020980"))


@pytest.mark.parametrize(
    ("walls", "support", "stop"),
    [
        ({"999.9": "9"}, None, "999.79997"),  # all nearer than 3 bps: at the least distance
        ({"999.9": "9", "999.1": "9"}, None, "999.050045"),  # the nearest one that is far enough
        ({}, 15.0, "998.450075"),  # the wall of the table
        ({"999.1": "9"}, 15.0, "999.050045"),
        ({}, None, None),
        ({"999.5": "2.9"}, None, None),  # not three median sizes
        ({}, 19.0, None),  # more than 20 bps from the ask
    ],
)
def test_the_stop_has_the_level_that_fits_and_without_one_there_is_no_entry(
    walls: Mapping[str, str], support: float | None, stop: str | None
) -> None:
    figures = ABSORBED if support is None else {**ABSORBED, "support_distance": support}
    found = of_watcher("book-scalper", planted("", figures, walls, 5))
    if stop is None:
        assert has_no_entry(found)
    else:
        assert entry(found)[1].stop == Decimal(stop)


@pytest.mark.parametrize(
    ("asks", "target"),
    [({"1001.2": "9"}, "1001.14994"), ({"1000.6": "9"}, "1001.39995"), ({}, "1001.39995")],
    ids=["a strong level on the way", "one nearer than the stop", "none"],
)
def test_the_target_is_before_a_strong_level_on_the_way(asks: Mapping[str, str], target: str) -> None:
    books = [a_book(number, ABSORBED, strong=WALL, strong_asks=asks) for number in range(3)]
    assert entry(of_watcher("book-scalper", books))[1].target == Decimal(target)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("book-scalper", {**ABSORBED, "imbalance_5": 0.7}),
        ("book-scalper", {**ABSORBED, "absorption": 1.4}),
        ("book-scalper", {**ABSORBED, "volume_delta": 0.1}),
        ("book-scalper", {**ABSORBED, "spoofing_bid": 0.85}),
        ("book-scalper", {**BROKEN, "value_place": 0.9}),
        ("book-scalper", {**BROKEN, "volume_delta": 0.19}),
        ("book-imbalance", {**SUSTAINED, "imbalance_20": 0.5}),
        ("book-imbalance", {**SUSTAINED, "ofi_excess": 0.9}),
        ("book-imbalance", {**SUSTAINED, "microprice": 0.3}),
        ("book-imbalance", {**SUSTAINED, "spoofing_bid": 0.9}),
        ("cluster-breakout", {**LEFT, "value_place": 1.05}),
        ("cluster-breakout", {**LEFT, "volume_delta": 0.1}),
        ("cluster-breakout", {**LEFT, "volume_ratio": 1.1}),
        ("cluster-breakout", {**LEFT, "spoofing_bid": 0.9}),
        ("cluster-breakout", {**LEFT, "control_distance": 30.0}),
    ],
)
def test_a_situation_that_lacks_one_condition_has_no_entry(name: str, figures: Figures) -> None:
    assert has_no_entry(of_watcher(name, planted(name, figures, WALL, 30)))


def test_a_breakout_without_a_dense_cluster_before_it_is_no_entry() -> None:
    for lacking in ({"control_share": 0.05}, {"value_width": 26.0}, {"value_place": 1.05}):
        before = [a_book(number, lacking) for number in range(5)]
        after = [a_book(number, LEFT) for number in range(5, 15)]
        assert has_no_entry(of_watcher("cluster-breakout", [*before, *after]))


def test_a_breakout_confirms_the_scalper_and_without_confirmation_it_enters_on_the_imbalance_alone() -> None:
    assert entry(of_watcher("book-scalper", planted("", BROKEN, WALL, 3)))[1].direction is Direction.LONG
    alone = planted("", {"imbalance_5": 0.8}, WALL, 3)
    assert has_no_entry(of_watcher("book-scalper", alone))
    assert entry(of_watcher("book-scalper", alone, confirmed=0))[0] == 4


def test_limits_are_stricter_where_the_market_is_more_volatile() -> None:
    # Twice the usual volatility: an imbalance above 0.85, an absorption of 3 at least.
    wild = {**ABSORBED, "volatility": 20.0, "absorption": 3.1}
    assert has_no_entry(of_watcher("book-scalper", planted("", {**wild, "imbalance_5": 0.84}, WALL, 5)))
    strong = {**wild, "imbalance_5": 0.86}
    assert entry(of_watcher("book-scalper", planted("", strong, WALL, 3)))[0] == 4
    assert has_no_entry(of_watcher("book-scalper", planted("", {**strong, "absorption": 2.9}, WALL, 5)))


def without_volatility(number: int, figures: Figures) -> BookReading:
    known: dict[str, float | None] = {**figures}
    return a_book(number, known | {"volatility": None}, strong=WALL)


@every_strategy
@pytest.mark.parametrize("broken_by", ["a gap", "a missing figure", "a silence", "another side"])
def test_what_breaks_the_row_of_readings_begins_it_anew(name: str, broken_by: str) -> None:
    needed, situation = NEEDED[name], SITUATIONS[name]
    books = planted(name, situation, WALL, needed - 1)
    number = len(books)
    breaking = {
        "a gap": a_gap(number),
        "a missing figure": without_volatility(number, situation),
        "a silence": replace(books[-1], at=books[-1].at + timedelta(seconds=11)),
        "another side": a_book(number),
    }[broken_by]
    # The reading after a silence is the first of the new row.
    left = needed - 2 if broken_by == "a silence" else needed - 1
    after = [
        replace(a_book(number, situation, strong=WALL), at=breaking.at + timedelta(milliseconds=100 * n))
        for n in range(1, left + 1)
    ]
    assert has_no_entry(of_watcher(name, [*books, breaking, *after]))


def test_the_cooldown_outlasts_a_gap() -> None:
    first = planted("", ABSORBED, WALL, 3)
    later = [a_book(number, ABSORBED, strong=WALL) for number in range(6, 20)]
    assert entry(of_watcher("book-scalper", [*first, a_gap(5), *later]))[0] == 4
    after = [a_book(number, ABSORBED, strong=WALL) for number in range(304, 307)]
    found = of_watcher("book-scalper", [*first, a_gap(5), *after])
    assert [n for n, one in enumerate(found) if one is not None] == [4, 8]


@pytest.mark.parametrize(
    ("name", "turned"),
    [
        ("book-scalper", {"imbalance_5": -0.5}),
        ("book-imbalance", {"imbalance_20": -0.3, "ofi_excess": -0.1}),
        ("cluster-breakout", {"value_place": 0.4}),
    ],
)
def test_an_exit_is_proposed_once_where_the_book_has_turned_against_the_entry(
    name: str, turned: Figures
) -> None:
    needed = NEEDED[name]
    first = planted(name, SITUATIONS[name], WALL, needed)
    after = [a_book(number, turned) for number in range(len(first), len(first) + 3 * needed)]
    found = of_watcher(name, [*first, *after])
    exits = [(n, one) for n, one in enumerate(found) if one is not None and one.intent is Intent.EXIT]
    ((number, proposal),) = exits
    assert number == len(first) + needed - 1
    assert (proposal.direction, proposal.price) == (Direction.SHORT, Decimal("999.9"))
    assert (proposal.confidence, proposal.stop, proposal.target) == (
        1.0,
        Decimal("1000.8999"),
        Decimal("998.9001"),
    )


def test_after_a_gap_a_book_that_has_turned_closes_what_may_be_held_from_before() -> None:
    turned = [a_book(number, {"imbalance_5": -0.6}) for number in range(1, 9)]
    found = of_watcher("book-scalper", [a_gap(0), *turned])
    assert [one.direction for one in found if one is not None] == [Direction.SHORT]


@every_strategy
def test_the_inputs_are_the_figures_and_the_scores_of_the_confidence(name: str) -> None:
    _, proposal = entry(of_watcher(name, planted(name, SITUATIONS[name], WALL, 12)))
    expected = {
        "book-scalper": (0.5 * 0.8 + 0.3 * (1.6 / 3.0) + 0.2 * 0.5, 0.0),
        "book-imbalance": (0.5 * 0.6 + 0.3 * 0.75 + 0.2 * 0.5, 0.0),
        "cluster-breakout": (0.4 * 0.75 + 0.3 * (1.5 / 2.4) + 0.3 * (6 / 9), 1.0),
    }[name]
    assert (proposal.confidence, proposal.trend) == pytest.approx(expected)
    assert {one for one in SITUATIONS[name] if not one.startswith("imbalance")} <= set(proposal.inputs)
