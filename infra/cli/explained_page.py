"""`whence explain --html FILE`: writes the page of an explanation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InvalidInput
from infra.cli.page_file import check_folder, write_page

if TYPE_CHECKING:
    from domain.log import Envelope
    from infra.config import WhenceSettings
    from projections.explained.explained import Explained


@dataclass(frozen=True, slots=True)
class Page:
    """The options of the page: its file, and the candle files with their symbols."""

    file: Path | None
    candles: tuple[Path, ...]
    symbols: tuple[str, ...]

    def check(self, *, as_json: bool) -> None:
        """Raises InvalidInput for options of a page without a page, for a page and JSON, and for a missing folder."""
        if self.file is None:
            if self.candles or self.symbols:
                raise InvalidInput(
                    "--candles and --symbol are for the chart of --html FILE: add --html, or leave them out"
                )
            return
        if as_json:
            raise InvalidInput("--html and --json: choose one of them")
        if self.symbols and not self.candles:
            raise InvalidInput(
                "--symbol names the symbol of a file of --candles: add --candles, or leave it out"
            )
        check_folder("--html", self.file)

    def write(self, settings: WhenceSettings, first: Envelope, facts: Explained) -> None:
        """Writes the page and prints its name and size. `first` is the log's first event.

        Raises InvalidInput where a candle file is wrong, and where the page cannot be written.
        """
        from domain.opening import LogOpened
        from infra.log_candles import Around, LogCandles
        from infra.pages.explain_page import explain_page
        from infra.pages.moment import moments_of

        assert self.file is not None
        opening = first.event
        if not isinstance(opening, LogOpened):
            raise InvalidInput("the log does not begin with LogOpened, so its candles are not known")
        candles = LogCandles(settings, opening, self.candles, self.symbols)
        charted = [
            (one, candles.around(Around(one.instrument, one.interval, one.begin, one.end)))
            for one in moments_of(facts)
        ]
        write_page(self.file, explain_page(facts, opening.log_id, list(notices_of(first)), charted))


def notices_of(first: Envelope) -> Iterator[str]:
    """What a reader must know about a log's prices, by the log's first event."""
    from infra.run.demo_log import SYNTHETIC, is_synthetic, notice_of

    if is_synthetic(first):
        yield SYNTHETIC
    if notice := notice_of(first):
        yield notice
