"""docs/book-analysis.md is what the code states: the table of figures of a book."""

from __future__ import annotations

from pathlib import Path

from infra.cli.book_page import page

PAGE = Path(__file__).parents[3] / "docs" / "book-analysis.md"


def test_the_page_equals_the_code() -> None:
    assert PAGE.read_text() == page(), "run python -m infra.cli.book_page > docs/book-analysis.md"
