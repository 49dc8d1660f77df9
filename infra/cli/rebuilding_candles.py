"""`whence candles rebuild`: the candles of the chart, from the tape of inputs or from candle files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.options import ConfigOption, LogOption, StoreOption


def rebuild(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE...]",
            help="The candle files of a log that was made from files, of any known format.",
        ),
    ] = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Symbol of each file, in order, where file names lack it.")
    ] = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Fills the chart's candle store again: from the tape of a live run's inputs, or from the files of the log.

    Candles of files are those that closed until the log's last event. An engine may trade meanwhile.
    """
    from contextlib import closing
    from itertools import islice

    from adapters.candle_store.book import CandleBook
    from domain.errors import InvalidInput
    from domain.plain_text import counted
    from infra.cli.opened_store import opened
    from infra.log_candles import LogCandles
    from infra.logs import open_reader
    from infra.run.origin import opened_as
    from infra.run.rebuilding import partition_of
    from projections.runner import log_id_of

    with (
        opened(log=log, store=store, config=config) as place,
        closing(open_reader(place.settings)) as reader,
    ):
        opening = opened_as(reader)
        if opening is None:
            raise InvalidInput("the log has no events yet, so no engine took a candle")
        candles = LogCandles(place.settings, opening, files or (), symbol or ()).all(reader)
        book, log_id, total = CandleBook(place.engine, partition_of(place.settings)), log_id_of(reader), 0
        batch = list(islice(candles, _BATCH))  # what cannot be read is refused before anything is removed
        book.clear()
        while batch:
            book.put(log_id, batch)
            total += len(batch)
            batch = list(islice(candles, _BATCH))
    typer.echo(f"{counted(total, 'candle')} in the candle store")


_BATCH = 5_000
"""Candles of one transaction."""
