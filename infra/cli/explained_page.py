"""`whence explain --html FILE`: writes the page of an explanation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from domain.errors import InvalidInput

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
        if not self.file.parent.is_dir():
            raise InvalidInput(
                f"--html {self.file}: the folder {self.file.parent} does not exist; create it first"
            )

    def write(self, settings: WhenceSettings, first: Envelope, facts: Explained) -> None:
        """Writes the page and prints its name and size. `first` is the log's first event.

        Raises InvalidInput where a candle file is wrong, and where the page cannot be written.
        """
        from domain.opening import LogOpened
        from infra.log_candles import Around, candles_around
        from infra.pages.explain_page import explain_page
        from infra.pages.moment import moments_of

        assert self.file is not None
        opening = first.event
        if not isinstance(opening, LogOpened):
            raise InvalidInput("the log does not begin with LogOpened, so its candles are not known")
        charted = [
            (one, candles_around(settings, opening, around, self.candles, self.symbols))
            for one in moments_of(facts)
            for around in [Around(one.instrument, one.interval, one.begin, one.end)]
        ]
        text = explain_page(facts, opening.log_id, list(notices_of(first)), charted)
        try:
            self.file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InvalidInput(f"--html {self.file} cannot be written: {error.strerror}") from None
        typer.echo(f"{self.file}: {len(text.encode()) / 1024:.0f} KiB")


def notices_of(first: Envelope) -> Iterator[str]:
    """What a reader must know about a log's prices, by the log's first event."""
    from domain.opening import LogOpened
    from infra.run.demo_log import notice_of

    if isinstance(first.event, LogOpened) and first.event.synthetic:
        yield "SYNTHETIC MARKET: these prices are not real"
    if notice := notice_of(first):
        yield notice
