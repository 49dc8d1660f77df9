"""Markdown of the generated pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, followed by an empty line. Cells are one line each; a bar inside a cell is escaped."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def code(text: str) -> str:
    """The text as code within a line; the empty text where there is none."""
    return f"`{text}`" if text else ""


def plain(text: str) -> str:
    """Text from the code as prose: on one line, with angle brackets and asterisks outside of code spelled out."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(one if one.startswith("`") else one.translate(_SPELLED) for one in parts)


_SPELLED = str.maketrans({"<": "&lt;", ">": "&gt;", "*": "\\*", "_": "\\_", "[": "\\[", "]": "\\]"})


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
