"""Prints a page to a PDF: by an installed Chromium, else by WeasyPrint."""

from __future__ import annotations

from pathlib import Path

from domain.errors import Refused
from infra.reports.browser_print import found_browser, printed_by_browser
from infra.reports.weasyprint_print import printed_by_weasyprint


def print_to_pdf(page: Path) -> Path:
    """Prints the page to a file beside it with the ending `.pdf`, and returns it.

    Raises MissingParts where nothing that prints is installed, and Refused where printing fails; the page stays as it
    is.
    """
    browser, place = found_browser(), page.with_suffix(".pdf")
    printed = printed_by_browser(browser, page) if browser else printed_by_weasyprint(page)
    try:
        place.write_bytes(printed)
    except OSError as fault:
        raise Refused(f"{place} cannot be written: {fault.strerror}") from None
    return place
