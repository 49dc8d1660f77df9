"""The order books of a live run: kept as `book_kind` states, and plain where the exchange's rules cannot be queried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from adapters import book_kind
from adapters.book_kind import BookKind
from adapters.bybit import Site
from adapters.ladder_book.scale import Scale
from commands.observer import ReadingOutcome
from domain.book.settings import BookSettings
from domain.errors import ExchangeUnreachable, MissingParts
from infra.run.live_feed import feed_readings_of
from infra.run.place import Place
from tests.domain.history import BTC

SCALES = {BTC: Scale(tick=Decimal("0.1"), size_places=3)}


class Counts:
    """Counts nothing."""

    def read_books(self, outcome: ReadingOutcome, count: int) -> None: ...

    def passed_over(self, count: int) -> None: ...


class Opened:
    """Takes the place of `BybitBooks`; keeps the scales that it was opened with."""

    scales: Mapping[str, Scale]

    def __init__(
        self, _site: Site, _instruments: Sequence[str], *, listener: object, scales: Mapping[str, Scale]
    ) -> None:
        type(self).scales = scales


def installed(_extra: object) -> bool:
    return True


def opened(kind: BookKind, monkeypatch: pytest.MonkeyPatch, *, is_reachable: bool = True) -> dict[str, Scale]:
    """The scales with which a run of this kind opens its books."""

    def queried(_site: Site, _instruments: Sequence[str]) -> Mapping[str, Scale]:
        if not is_reachable:
            raise ExchangeUnreachable("cut")
        return SCALES

    monkeypatch.setattr(book_kind, "has_extras", installed)
    monkeypatch.setattr("adapters.bybit.book_scale.book_scales", queried)
    monkeypatch.setattr("adapters.bybit.book_feed.BybitBooks", Opened)
    made = feed_readings_of(Place(), Counts(), kind)
    assert made is not None
    made([BTC], BookSettings(), lambda: None)
    return dict(Opened.scales)


def test_a_live_run_keeps_fast_books_by_the_rules_of_the_exchange_where_the_settings_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert opened(BookKind.AUTO, monkeypatch) == SCALES
    assert opened(BookKind.PLAIN, monkeypatch) == {}


def test_books_are_plain_with_a_warning_where_the_rules_cannot_be_queried(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert opened(BookKind.AUTO, monkeypatch, is_reachable=False) == {}
    assert caplog.messages == ["order books are plain, because the exchange's rules cannot be queried: cut"]


def test_fast_books_without_the_extra_are_refused_before_the_run_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(what: str, _extra: object) -> None:
        raise MissingParts(what)

    monkeypatch.setattr(book_kind, "check_extras", missing)
    with pytest.raises(MissingParts, match='book_kind = "fast"'):
        feed_readings_of(Place(), Counts(), BookKind.FAST)
