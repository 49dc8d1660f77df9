"""Figures as the screens show them; the API has every digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Context, Decimal
from typing import Any, cast

from domain.owner import PERSON
from domain.quotes import QUOTES
from infra.telegram.words import Words

_MODES: Mapping[str, str] = {
    "live": "[LIVE]",
    "paper-live": "[DEMO]",
    "paper": "[PAPER]",
    "manual": "[MANUAL]",
}
_CENTS, _SATOSHIS = 2, 8
_MOST_NAMES = 4
_WIDE = Context(prec=200)
"""Every digit of an amount, whose domain has sixty."""
UNKNOWN = "-"
"""Stands for a figure that is not known."""
_AGES = ((86_400, "age-days"), (3_600, "age-hours"), (60, "age-minutes"))


def money(amount: str | None, currency: str = "", *, signed: bool = False) -> str:
    """An amount in groups of three digits; a dash where it is not known.

    It has two decimals, or more where two would show too little of it: up to eight in a currency of which less than
    one is traded, as BTC, or that is not known; and of an amount below a cent its first two digits.
    """
    if amount is None:
        return UNKNOWN
    value = _rounded(Decimal(amount), currency)
    text = f"{value.copy_abs():,f}".replace(",", " ")
    sign = "-" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{text}{f' {currency}' if currency else ''}"


def _rounded(value: Decimal, currency: str) -> Decimal:
    """The amount with the decimals that are shown, two at least."""
    quote = QUOTES.get(currency)
    places = _CENTS if quote is not None and quote.least >= 1 else _SATOSHIS
    if value and abs(value) < Decimal("0.01"):
        places = max(places, 1 - value.adjusted())
    found = value.quantize(Decimal(1).scaleb(-places), context=_WIDE)
    shown = max(_CENTS, -cast(int, found.normalize(_WIDE).as_tuple().exponent))
    return found.quantize(Decimal(1).scaleb(-shown), context=_WIDE)


def number(given: str | None) -> str:
    """A price or a quantity without the zeros at its end; a dash where there is none."""
    if given is None:
        return UNKNOWN
    return f"{Decimal(given).normalize(_WIDE):f}"


def percent(share: float) -> str:
    """A share with two decimals: 0.0123 is 1.23 %."""
    return f"{share * 100:.2f} %"


def moment(text: str) -> str:
    """A time of the API to the second, in UTC."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"


def age(text: str, now: datetime, words: Words) -> str:
    """How long ago a time of the API was, in its largest whole unit, so that a screen seldom changes by it."""
    seconds = (now - datetime.fromisoformat(text)).total_seconds()
    for size, name in _AGES:
        if seconds >= size:
            return words(name, n=int(seconds // size))
    return words("age-now")


def owner(name: str, words: Words) -> str:
    """Whose a position is: a strategy's id, or the user's word for a person."""
    return words("by-hand") if name == PERSON else name


def kind_of(account: Mapping[str, Any]) -> str:
    """The kind of run of an account, as `[LIVE]` or `[DEMO]`."""
    return _MODES.get(str(account["openedBy"]), f"[{account['openedBy']}]")


def kinds(accounts: Iterable[Mapping[str, Any]]) -> str:
    """The kinds of run of the accounts, each once; empty for an empty log."""
    return " ".join(dict.fromkeys(kind_of(one) for one in accounts))


def badge(accounts: Iterable[Mapping[str, Any]]) -> str:
    """The accounts after their kind of run, as `[LIVE] main, hedge [DEMO] paper`; empty for an empty log. Of more than
    four accounts of a kind the others are counted: `[LIVE] a, b, c, d +3`."""
    named: dict[str, list[str]] = {}
    for one in accounts:
        named.setdefault(kind_of(one), []).append(str(one["account"]))
    return " ".join(f"{kind} {_listed(names)}" for kind, names in named.items())


def _listed(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" +{rest}" if rest > 0 else "")
