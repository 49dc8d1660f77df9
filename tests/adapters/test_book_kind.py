"""Which books are fast: by the setting, and by what is installed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal

import pytest

from adapters import extras
from adapters.book_kind import BookKind, preparation_of, scales_of
from adapters.ladder_book.scale import Scale
from domain.errors import MissingParts
from tests.domain.book.kinds import WITHOUT_NUMBA

SCALES = {"BTCUSDT-LINEAR.BYBIT": Scale(tick=Decimal("0.1"), size_places=3)}


def queried() -> Mapping[str, Scale]:
    return SCALES


def unqueried() -> Mapping[str, Scale]:
    raise AssertionError("the rules of the exchange were queried")


def absent(_module: str) -> None:
    """As `find_spec` of a module that is not installed."""


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", absent)


@WITHOUT_NUMBA
@pytest.mark.parametrize("kind", [BookKind.AUTO, BookKind.FAST])
def test_books_are_fast_where_the_extra_is_installed(kind: BookKind) -> None:
    assert scales_of(kind, queried) == SCALES


def test_plain_books_need_no_rules_of_the_exchange() -> None:
    assert scales_of(BookKind.PLAIN, unqueried) == {}


@pytest.mark.usefixtures("without_numba")
def test_auto_keeps_plain_books_without_the_extra_and_logs_how_to_install_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        assert scales_of(BookKind.AUTO, unqueried) == {}
    (line,) = caplog.messages
    assert line.startswith("order books are plain, because numba is not installed: ")
    assert "[fast]" in line


@pytest.mark.usefixtures("without_numba")
def test_fast_books_without_the_extra_are_refused_with_the_command_that_installs_it() -> None:
    with pytest.raises(MissingParts, match=r'book_kind = "fast" needs numba: .*\[fast\]'):
        scales_of(BookKind.FAST, unqueried)


@WITHOUT_NUMBA
@pytest.mark.parametrize(
    ("kind", "is_compiled"), [(BookKind.AUTO, True), (BookKind.FAST, True), (BookKind.PLAIN, False)]
)
def test_figures_are_prepared_by_compiled_code_where_books_are_fast(
    kind: BookKind, is_compiled: bool
) -> None:
    assert (preparation_of(kind) is not None) is is_compiled


@pytest.mark.usefixtures("without_numba")
def test_figures_are_not_prepared_without_the_extra_unless_fast_books_are_required() -> None:
    assert preparation_of(BookKind.AUTO) is None
    with pytest.raises(MissingParts, match=r"\[fast\]"):
        preparation_of(BookKind.FAST)
