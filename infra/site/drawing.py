"""Pictures of boxes and arrows as SVG in a page: their colours follow the page's, light or dark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Box:
    """A box with a text, and a note below it.

    `x` and `y` are the upper left corner; `kind` is a class of the style sheet.
    """

    text: str
    x: float
    y: float
    width: float
    height: float = 32
    kind: str = ""
    note: str = ""

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def draw(self) -> str:
        line = self.y + self.height / 2 + (-3 if self.note else 4.5)
        return (
            f'<rect class="{self.kind}" x="{self.x:g}" y="{self.y:g}" width="{self.width:g}" '
            f'height="{self.height:g}" rx="5"/>'
            f'<text x="{self.middle:g}" y="{line:g}" text-anchor="middle">{escape(self.text)}</text>'
            + (Note(self.note, self.middle, line + 16, "middle").draw() if self.note else "")
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """A dashed frame around boxes, with a note in its upper left corner."""

    text: str
    x: float
    y: float
    width: float
    height: float

    def draw(self) -> str:
        return (
            f'<rect class="frame" x="{self.x:g}" y="{self.y:g}" width="{self.width:g}" '
            f'height="{self.height:g}" rx="8"/>'
            f'<text class="note" x="{self.x + 8:g}" y="{self.y + 14:g}">{escape(self.text)}</text>'
        )


@dataclass(frozen=True, slots=True)
class Arrow:
    """A curve through the points `path` (SVG path data), with an arrow head at its end."""

    path: str

    def draw(self) -> str:
        return f'<path d="{self.path}" marker-end="url(#head)"/>'


@dataclass(frozen=True, slots=True)
class Note:
    """A small text whose left end, or middle, is at a point."""

    text: str
    x: float
    y: float
    anchor: str = "start"

    def draw(self) -> str:
        return (
            f'<text class="note" x="{self.x:g}" y="{self.y:g}" text-anchor="{self.anchor}">'
            f"{escape(self.text)}</text>"
        )


def down(x: float, begin: float, end: float) -> Arrow:
    """A straight arrow from a height to a height, at `x`."""
    return Arrow(f"M{x:g} {begin:g}V{end:g}")


def picture(title: str, width: float, height: float, parts: Iterable[Box | Frame | Arrow | Note]) -> str:
    """The picture as one line of HTML. `title` describes it for those who cannot see it."""
    drawn = "".join(one.draw() for one in parts)
    return (
        f'<div class="picture"><svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">'
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>{drawn}</svg></div>'
    )
