"""Reads the content of a candle file into a sheet, whatever its format."""

from __future__ import annotations

from adapters.tapes.content import Content
from adapters.tapes.headers import SYMBOL, meaning_of
from adapters.tapes.json_sheet import is_json, read_json_sheet
from adapters.tapes.sheet import Sheet
from adapters.tapes.text_sheet import read_text_sheet
from domain.errors import InvalidTape

_FEATHER, _PARQUET = b"ARROW1", b"PAR1"


def read_sheet(content: Content) -> Sheet:
    """The sheet of a file. Raises InvalidTape where it is not a table in a known format."""
    if content.data.startswith((_FEATHER, _PARQUET)):
        from adapters.tapes.arrow_sheet import read_arrow_sheet

        return read_arrow_sheet(content.file, content.data, parquet=content.data.startswith(_PARQUET))
    text = decoded(content)
    return read_json_sheet(content.file, text) if is_json(text) else read_text_sheet(content.file, text)


def symbol_in(sheet: Sheet) -> str | None:
    """The symbol that the sheet has for all of its rows: of a response, or of a column with one value.

    Raises InvalidTape where a column of symbols has several.
    """
    if sheet.symbol is not None or sheet.header is None:
        return sheet.symbol
    for place, name in enumerate(sheet.header):
        if meaning_of(name) == SYMBOL:
            symbols = set(sheet.columns[place])
            if len(symbols) > 1:
                named = ", ".join(sorted(symbols)[:3])
                raise sheet.fault(f"the rows of {len(symbols)} symbols ({named}): one file for each")
            return next(iter(symbols))
    return None


def decoded(content: Content) -> str:
    """The text of a file. Raises InvalidTape where it is none in UTF-8."""
    return _decode(content.file, content.data)


def _decode(file: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault = "is not text in UTF-8"
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            fault = "is not text in UTF-8 but in UTF-16: save it as UTF-8"
        raise InvalidTape(file, _line_at(content, error.start), fault) from None
    if "\0" in text:
        raise InvalidTape(file, _line_at(content, content.index(0)), "is not text: it contains zero bytes")
    return text


def _line_at(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1
