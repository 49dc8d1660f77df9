"""Figures of walls: support and resistance, and scores of manipulation."""

from __future__ import annotations

from collections.abc import Callable

from domain.book.analysis.figure import BOTH, LEVELS, NO_BOOK, Figure, Value, row
from domain.book.analysis.ladder import BPS
from domain.book.analysis.manipulation import Watch
from domain.book.analysis.view import View
from domain.book.analysis.walls import LARGE, STEADY_MS, Wall


def _wall(of: Callable[[View], Wall | None], value: Callable[[Wall, View], float]) -> Value:
    def found(view: View) -> float | None:
        wall = of(view)
        return None if wall is None or view.ladder is None else value(wall, view)

    return found


def _wall_distance(wall: Wall, view: View) -> float:
    assert view.ladder is not None
    return abs(wall.price - view.ladder.mid) * BPS / view.ladder.mid


def _wall_age(wall: Wall, view: View) -> float:
    return (view.analysis.last_ms - wall.born_ms) / 1_000.0


def _support(view: View) -> Wall | None:
    return view.support


def _resistance(view: View) -> Wall | None:
    return view.resistance


def _strength(wall: Wall, _: View) -> float:
    return wall.strength


def _score(side: Callable[[View], Watch], of: Callable[[Watch, int], float]) -> Value:
    return lambda view: of(side(view), view.analysis.last_ms) if view.is_fresh else None


_NO_WALL = f"no level of {LARGE:g} usual sizes has stood for {STEADY_MS // 1_000} s"
_KINDS = (("support", _support, "bid"), ("resistance", _resistance, "ask"))
_SIDES: tuple[tuple[str, Callable[[View], Watch]], ...] = (
    ("bid", lambda view: view.analysis.bid_watch),
    ("ask", lambda view: view.analysis.ask_watch),
)

WALL_FIGURES: tuple[Figure, ...] = (
    *(
        row(
            f"{name}_distance",
            f"|price of the strongest {side} wall - mid| / mid",
            "bps",
            "",
            LEVELS,
            _NO_WALL,
            _wall(of, _wall_distance),
        )
        for name, of, side in _KINDS
    ),
    *(
        row(
            f"{name}_strength",
            "its size / usual size · (1 + returns of the best price)",
            "ratio",
            "",
            LEVELS,
            _NO_WALL,
            _wall(of, _strength),
        )
        for name, of, _ in _KINDS
    ),
    *(
        row(f"{name}_age", "time that it has stood", "s", "", LEVELS, _NO_WALL, _wall(of, _wall_age))
        for name, of, _ in _KINDS
    ),
    *(
        row(
            f"spoofing_{side}",
            f"1 - Π (1 - score) of {side} walls of one size that were withdrawn before a touch; 0 for fewer than 3",
            "0..1",
            "60 s",
            BOTH,
            NO_BOOK,
            _score(of, Watch.spoofing),
        )
        for side, of in _SIDES
    ),
    *(
        row(
            f"layering_{side}",
            f"min(1, layers / 5) · part of the walls on the {side} side, of a ladder withdrawn at once; 0 without one",
            "0..1",
            "60 s",
            BOTH,
            NO_BOOK,
            _score(of, Watch.layering),
        )
        for side, of in _SIDES
    ),
)
