"""The market of a command that trades candle files many times, and the division of its days."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.cli.tapes import TapeOptions
    from infra.config import WhenceSettings
    from infra.run.backtest import Change
    from infra.run.candle_recording import Stretch
    from infra.search.market import Market
    from infra.search.parts import Division


def candle_market(given: WhenceSettings, tapes: TapeOptions, quote: str, change: Change) -> Market:
    """Reads the files, prints their notes, and returns the market; `quote` is a quote currency, or empty."""
    from infra.cli.output import errors_console
    from infra.cli.planning import print_notes
    from infra.search.market import Market, without_secrets

    read = tapes.read()
    print_notes(read, errors_console())
    return Market(read, without_secrets(given), quote, change)


def divided(market: Market, stretch: Stretch, held_out: Decimal, folds: int, *, needs_days: bool) -> Division:
    """The division of the days from --from to --to. Raises InvalidInput where a tape has no candle in a part."""
    from infra.search.parts import days_of, division_of

    begin, end = days_of([stretch.of(one) for one in market.tapes])
    found = division_of(begin, end, held_out, folds, needs_days=needs_days)
    for part in found.all:
        for tape in market.tapes:
            part.stretch.of(tape)
    return found
