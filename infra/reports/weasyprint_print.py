"""Prints a page by WeasyPrint (the extra `pdf`), where no browser is installed.

WeasyPrint applies a page's style sheet to no drawing, and knows neither variables in drawings nor columns that fill a
row. So each drawing gets the style sheet with its variables resolved, and the columns have a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from adapters.extras import PDF, check_extras
from domain.errors import MissingParts, Refused

_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_DRAWING: Final = re.compile(r"<svg\b[^>]*>")
_VARIABLE: Final = re.compile(r"(--[\w-]+): ([^;]+);")
_USED: Final = re.compile(r"var\((--[\w-]+)\)")
_COLUMNS: Final = (
    "<style>dl.figures { grid-template-columns: repeat(5, 1fr); } "
    ".pair { grid-template-columns: 1fr 1fr; }</style>"
)


def printed_by_weasyprint(page: Path) -> bytes:
    """The page as a PDF. Raises MissingParts, with the remedy, where WeasyPrint or Pango is not installed."""
    library = _library()
    styled = with_styled_drawings(page.read_text(encoding="utf-8"))
    columned = styled.replace("</head>", f"{_COLUMNS}</head>", 1)
    printed: bytes = library.HTML(string=columned, url_fetcher=_unfetched).write_pdf()
    return printed


def with_styled_drawings(page: str) -> str:
    """The page with its style sheets in each drawing, their variables replaced by the values of the light theme."""
    sheet = "\n".join(_STYLE.findall(page))
    # The dark theme declares the same variables after the light one.
    values = dict(reversed(_VARIABLE.findall(sheet)))
    resolved = _resolved(sheet, values)
    return _DRAWING.sub(lambda drawing: f"{drawing[0]}<style>{resolved}</style>", page)


def _resolved(sheet: str, values: Mapping[str, str]) -> str:
    return _USED.sub(lambda used: values.get(used[1], used[0]), sheet)


def _library() -> ModuleType:
    check_extras(
        "printing without a browser (none is installed; Debian has one by apt install chromium)", PDF
    )
    try:
        return import_module("weasyprint")
    except OSError as fault:
        raise MissingParts(
            f"WeasyPrint cannot load a library of the system ({fault}): install Pango (Debian: apt install "
            "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0) or a Chromium"
        ) from None


def _unfetched(url: str) -> object:
    raise Refused(f"the page is printed without the network, and names {url}")
