"""Reads JSON into a sheet: rows as lists or objects, alone or in the response of an exchange."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

from adapters.strict_json import NamedTwice, named_once
from adapters.tapes.sheet import Sheet, check_cells
from domain.errors import InvalidTape

_ADVICE = "expected a list of rows such as [[time, open, high, low, close, volume], …]"


def is_json(text: str) -> bool:
    """Whether the text begins as a list or an object of JSON does."""
    return text.lstrip()[:1] in ("[", "{")


def read_json_sheet(file: str, text: str) -> Sheet:
    """The sheet of a JSON text; figures keep their digits, and row numbers count the rows of the list from 1.

    Read are the rows of ccxt and freqtrade, [[milliseconds, open, high, low, close, volume], …], lists of objects with
    named figures, pandas' `orient="split"`, and saved responses of Bybit (v5), Binance, OKX and Coinbase (Advanced).
    Raises InvalidTape for any other JSON.
    """
    rows, symbol, form = _found(file, _parsed(file, text))
    if not rows:
        raise InvalidTape(file, None, "is a list without candles")
    if all(isinstance(row, list) for row in rows):
        return _of_lists(file, cast("list[list[object]]", rows), symbol, form)
    if all(isinstance(row, dict) for row in rows):
        return _of_objects(file, cast("list[dict[str, object]]", rows), symbol, form)
    raise InvalidTape(file, None, f"is JSON without a table of candles: {_ADVICE}")


def _parsed(file: str, text: str) -> object:
    check_cells(file, text, ",")
    try:
        return json.loads(
            text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=named_once
        )
    except json.JSONDecodeError as error:
        raise InvalidTape(file, error.lineno, f"is not JSON: {error.msg}") from None
    except NamedTwice as twice:
        raise InvalidTape(file, None, str(twice)) from None
    except RecursionError:
        raise InvalidTape(file, None, f"is JSON nested too deeply: {_ADVICE}") from None


def _found(file: str, value: object) -> tuple[list[object], str | None, str]:
    """The rows in a list or a response, the symbol where the response has it, and the name of the format."""
    if (rows := _list(value)) is not None:
        return rows, None, "JSON"
    response = _object(value)
    _check_succeeded(file, response)
    result = _object(response.get("result"))
    if (rows := _list(result.get("list"))) is not None:
        return _of_bybit(file, result, rows)
    if (rows := _list(response.get("candles"))) is not None:
        return rows, None, "Coinbase response"
    rows, columns = _list(response.get("data")), _list(response.get("columns"))
    if rows is None:
        raise InvalidTape(file, None, f"is JSON without a list of candles: {_ADVICE}")
    return (
        (rows, None, "OKX response")
        if columns is None
        else (_split(file, columns, rows), None, "JSON of pandas")
    )


def _list(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


def _object(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _check_succeeded(file: str, response: Mapping[str, object]) -> None:
    """Raises InvalidTape for a saved error of Bybit (`retCode`) or OKX and Binance (`code`)."""
    code = response.get("retCode", response.get("code", "0"))
    if code != "0":
        message = str(response.get("retMsg", response.get("msg", "")))[:200]
        raise InvalidTape(file, None, f"is an exchange's error {code}, not candles: {message!r}")


def _of_bybit(
    file: str, result: Mapping[str, object], rows: list[object]
) -> tuple[list[object], str | None, str]:
    form = "Bybit response (v5)"
    if result.get("category") == "inverse":
        fault = f"{form}: inverse contracts have their volume in USD; only linear and spot candles are read"
        raise InvalidTape(file, None, fault)
    symbol = result.get("symbol")
    return rows, symbol if isinstance(symbol, str) else None, form


def _split(file: str, columns: Sequence[object], rows: Sequence[object]) -> list[object]:
    names = [str(name) for name in columns]
    cells = [_list(row) or [] for row in rows]
    for index, row in enumerate(cells, start=1):
        if len(row) != len(names):
            raise InvalidTape(file, index, f"{len(row)} fields instead of {len(names)}")
    return [dict(zip(names, row, strict=True)) for row in cells]


def _of_lists(file: str, rows: Sequence[Sequence[object]], symbol: str | None, form: str) -> Sheet:
    width = len(rows[0])
    for index, row in enumerate(rows, start=1):
        if len(row) != width:
            raise InvalidTape(file, index, f"{len(row)} fields instead of {width}")
    columns = [
        [_cell(file, row, cell) for row, cell in enumerate(cells, 1)] for cells in zip(*rows, strict=True)
    ]
    return Sheet(file=file, form=form, header=None, columns=columns, symbol=symbol)


def _of_objects(file: str, rows: Sequence[Mapping[str, object]], symbol: str | None, form: str) -> Sheet:
    names = list(rows[0])
    for index, row in enumerate(rows, start=1):
        if row.keys() != rows[0].keys():
            raise InvalidTape(file, index, f"has other names than the first row: {', '.join(row)[:200]}")
    columns = [[_cell(file, index, row[name]) for index, row in enumerate(rows, 1)] for name in names]
    return Sheet(file=file, form=form, header=names, columns=columns, symbol=symbol)


def _cell(file: str, row: int, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    raise InvalidTape(file, row, "contains a list or an object where a figure should be")
