"""The rules of a run's instruments: the imported ones, and the notes on guessed ones before trading begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from adapters.instruments import read_catalogue
from domain.account import AccountOpened
from domain.catalogue import Catalogue
from domain.errors import WhenceError
from domain.quotes import QUOTES
from infra.cli.money import money
from infra.config import DEFAULT_INSTRUMENTS, WhenceSettings
from infra.logs import open_reader
from infra.run.plan import NOTHING_IMPORTED, Plan


def imported_rules(settings: WhenceSettings) -> Catalogue:
    """The rules of the configured file, else of the default file; none where neither exists.

    Raises InvalidInput where a configured file does not exist, and for an invalid file.
    """
    if settings.instruments is not None:
        return read_catalogue(settings.instruments)
    return read_catalogue(DEFAULT_INSTRUMENTS) if DEFAULT_INSTRUMENTS.exists() else NOTHING_IMPORTED


def currency_recorded(settings: WhenceSettings) -> str:
    """The currency of the account that the log was opened with; empty for a log that is new or cannot be read."""
    try:
        with closing(open_reader(settings)) as log:
            opened = (one.envelope.event for one in log.read(upto=_OPENING))
            return next((event.currency for event in opened if isinstance(event, AccountOpened)), "")
    except WhenceError:
        return ""


_OPENING = 2
"""The ordinal of AccountOpened in a log of a tape, after LogOpened."""


def rules_notes(plan: Plan) -> Iterator[str]:
    """Sentences on what nobody stated: the rules that are guessed, and the default starting balance of a currency."""
    for listing in plan.listings:
        rules = listing.instrument
        if listing.origin is not None and listing.origin.guessed:
            yield (
                f"{rules.id}: guessed from the tape, because no rules of an exchange are known: tick {rules.tick:f}, "
                f"lot {rules.lot:f}, orders from {rules.min_notional:f} {rules.quote} to {rules.max_quantity:f} "
                f"{rules.base}; import real rules with `whence instruments import FILE`"
            )
    if not plan.stated and plan.stake.balance != QUOTES["USDT"].stake:
        yield (
            f"the starting balance is {money(plan.stake.balance, plan.stake.currency)}, the default for this quote "
            "currency; state another one with --balance"
        )
