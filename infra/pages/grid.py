"""The horizontal lines of a chart, with the values they stand for, and the beginning of its drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from markupsafe import Markup

from infra.pages.scale import Scale


def drawing(form: str, width: int, height: int, label: str) -> Markup:
    """The beginning of an SVG of this size. The style sheet shows the `form` that fits the page: wide or narrow."""
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        form, width, height, label
    )


def grid(scale: Scale, left: int, right: int, spelled: Callable[[float, int], str]) -> Iterator[Markup]:
    """A line from `left` to `right` for each step of the scale; `spelled` writes a value with so many places."""
    for value in scale.steps():
        y = scale.y(value)
        yield Markup(
            '<path class="grid" d="M{0},{1:.1f} H{2}"/><text x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>'
        ).format(left, y, right, left - 8, y + 4, spelled(value, scale.places))
