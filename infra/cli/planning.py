"""The plan of a run on candles, from the configuration and the options of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from adapters.tapes import Tape
from domain.errors import UnknownQuote
from infra.cli.rules import currency_recorded, imported_rules
from infra.config import WhenceSettings
from infra.run.backtest import NO_CHANGE, Change
from infra.run.plan import Plan, plan_of
from infra.trading import names_win_rate, on_tapes, trading_settings

if TYPE_CHECKING:
    from rich.console import Console


def planned(tapes: Sequence[Tape], settings: WhenceSettings, quote: str, change: Change = NO_CHANGE) -> Plan:
    """The plan of these tapes, with the configured settings after the change.

    A log that exists decides the quote currency that the symbols do not show. Raises what `plan_of` raises, and what
    `Change.settings` raises.
    """
    given = trading_settings(settings.trading)
    trading, older = (given, None) if names_win_rate(settings.trading) else (on_tapes(given), given)
    plan = partial(
        plan_of,
        tapes,
        settings.account,
        settings.starting_balance,
        settings.leverage,
        change.settings(trading),
        None if older is None else change.settings(older),
        imported=imported_rules(settings),
    )
    try:
        return plan(quote=quote)
    except UnknownQuote:
        recorded = currency_recorded(settings)
        if quote or not recorded:
            raise
        return plan(quote=recorded)


def print_notes(tapes: Sequence[Tape], console: Console) -> None:
    """Prints each note on the tapes once, with the names of the tapes that have it."""
    notes: dict[str, list[str]] = {}
    for tape in tapes:
        for note in tape.notes:
            notes.setdefault(note, []).append(str(tape.path or tape.instrument))
    for note, of in notes.items():
        console.print(
            f"{', '.join(of)}: {note}", style="yellow", markup=False, soft_wrap=not console.is_terminal
        )
