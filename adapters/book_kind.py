"""Which kind of order book a feed keeps: rows of texts, or the ladders of the extra `fast`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from adapters.extras import FAST, check_extras, has_extras, install_line
from adapters.ladder_book.scale import Scale
from domain.book.analysis.view import Preparation

_log = logging.getLogger(__name__)
_WHAT: Final = 'book_kind = "fast"'


class BookKind(StrEnum):
    """AUTO keeps fast books where the extra `fast` is installed. FAST refuses to run without it."""

    AUTO = "auto"
    PLAIN = "plain"
    FAST = "fast"


def check_kind(kind: BookKind) -> None:
    """Raises MissingParts where fast books are required and the extra is not installed."""
    if kind is BookKind.FAST:
        check_extras(_WHAT, FAST)


def scales_of(kind: BookKind, query: Callable[[], Mapping[str, Scale]]) -> Mapping[str, Scale]:
    """The scales of the instruments whose books are fast, by instrument; the others are plain.

    `query` returns the scales that the exchange's rules state. Raises MissingParts where fast books are required and
    the extra is not installed, and what `query` raises.
    """
    if kind is BookKind.PLAIN:
        return {}
    check_kind(kind)
    if not has_extras(FAST):
        _log.info("order books are plain, because numba is not installed: %s", install_line(FAST))
        return {}
    return query()


def preparation_of(kind: BookKind) -> Preparation | None:
    """What makes the figures of fast books ready in one thread; None where books are plain, as in `scales_of`.

    Raises MissingParts where fast books are required and the extra is not installed.
    """
    if kind is BookKind.PLAIN:
        return None
    check_kind(kind)
    if not has_extras(FAST):
        return None
    from adapters.book_figures.compiled_figures import CompiledFigures

    return CompiledFigures()
