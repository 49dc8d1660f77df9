"""The catalogue file: imported rules by instrument id, as JSON that people can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from adapters.whole_file import replace_file
from commands.instrument import check_rules
from domain.catalogue import Catalogue, Listing
from domain.errors import InvalidInput
from domain.instrument import Instrument, RulesOrigin, check_instrument_id

FORMAT = "whence-instruments-1"


class _Row(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    max_leverage: Decimal
    maintenance_margin: Decimal
    source: str
    as_of: Annotated[datetime, Meta(tz=True)] | None = None


class _File(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    format: str
    instruments: Mapping[str, _Row]


def read_catalogue(path: Path) -> Catalogue:
    """The rules in the file. Raises InvalidInput where it cannot be read or holds invalid rules."""
    try:
        read = msgspec.json.decode(path.read_bytes(), type=_File)
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror}; {_REMEDY}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise InvalidInput(f"{path} is not a file of imported instruments: {fault}; {_REMEDY}") from None
    if read.format != FORMAT:
        raise InvalidInput(f"{path} has the format {read.format[:40]!r}, not {FORMAT!r}; {_REMEDY}")
    return {name: _listing(path, name, row) for name, row in read.instruments.items()}


def write_catalogue(path: Path, listings: Iterable[Listing]) -> None:
    """Replaces the file as a whole, so that a reader never sees half of it. Raises InvalidInput where it cannot."""
    rows = {one.instrument.id: _row(one) for one in listings}
    file = _File(format=FORMAT, instruments=dict(sorted(rows.items())))
    text = msgspec.json.format(msgspec.json.encode(file), indent=1)
    try:
        replace_file(path, text + b"\n")
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be written: {fault.strerror}") from None


_REMEDY = "import the exchange's rules with `whence instruments import FILE`"


def _row(listing: Listing) -> _Row:
    rules, origin = listing.instrument, listing.origin
    fields = {name: getattr(rules, name) for name in Instrument.__struct_fields__ if name != "id"}
    return _Row(**fields, source=origin.source if origin else "", as_of=origin.as_of if origin else None)


def _listing(path: Path, name: str, row: _Row) -> Listing:
    fields = {field: getattr(row, field) for field in Instrument.__struct_fields__ if field != "id"}
    rules = Instrument(id=name, **fields)
    try:
        check_instrument_id(name)
        check_rules(rules)
    except InvalidInput as fault:
        raise InvalidInput(f"{path}: {fault}; {_REMEDY}") from None
    return Listing(rules, RulesOrigin(row.source, row.as_of, guessed=False))
