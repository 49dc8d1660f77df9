"""Tables of pages. Every cell is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

_NOT_ZERO = frozenset("123456789")


class Column(NamedTuple):
    """A column's head. A number stands right, and has the colour of its sign where it is `signed`."""

    head: str
    is_number: bool = False
    signed: bool = False


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    style: str = "",
    foot: Iterable[Sequence[str]] = (),
) -> Markup:
    """The table in a box that scrolls where the screen is too narrow. `foot` are rows of sums below the others.

    `style` are classes: `long` for a table that may be broken between pages, `stacked` for one whose rows become blocks
    on a narrow screen, `stack` for one whose blocks have the heads beside their cells, and those of a page's own style
    sheet.
    """
    labelled = "stack" in style.split()
    heads = Markup("").join(
        Markup('<th class="number">{}</th>').format(one.head)
        if one.is_number
        else Markup("<th>{}</th>").format(one.head)
        for one in columns
    )
    return Markup(
        '<div class="scroll"><table class="{}"><thead><tr>{}</tr></thead><tbody>\n{}\n</tbody>{}</table></div>'
    ).format(style, heads, _rows(columns, rows, labelled=labelled), _foot(columns, foot))


def _foot(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> Markup:
    written = _rows(columns, rows)
    return Markup("<tfoot>{}</tfoot>").format(written) if written else written


def _rows(columns: Sequence[Column], rows: Iterable[Sequence[str]], *, labelled: bool = False) -> Markup:
    made = (
        Markup("").join(
            _cell(column, text, labelled=labelled) for column, text in zip(columns, row, strict=True)
        )
        for row in rows
    )
    return Markup("\n").join(map(Markup("<tr>{}</tr>").format, made))


def _cell(column: Column, text: str, *, labelled: bool) -> Markup:
    classes = " ".join(_classes(column, text))
    opened = f'<td class="{classes}"' if classes else "<td"
    label = Markup(' data-label="{}"').format(column.head) if labelled else Markup("")
    return Markup(opened) + label + Markup(">") + escape(text) + Markup("</td>")  # noqa: S704  (classes are of this module)


def _classes(column: Column, text: str) -> Iterable[str]:
    if column.is_number:
        yield "number"
    if column.signed and text.startswith(("-", "+")) and _NOT_ZERO.intersection(text):
        yield "down" if text.startswith("-") else "up"
