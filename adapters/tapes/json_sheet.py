"""Reads JSON into a sheet: rows as lists or objects, alone or in the response of an exchange."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

from adapters.tapes.sheet import Sheet
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
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise InvalidTape(file, error.lineno, f"is not JSON: {error.msg}") from None
    except RecursionError:
        raise InvalidTape(file, None, f"is JSON nested too deeply: {_ADVICE}") from None


def _found(file: str, value: object) -> tuple[list[object], str | None, str]:
    """The rows in a list or a response, the symbol where the response has it, and the name of the format."""
    if isinstance(value, list):
        return cast("list[object]", value), None, "JSON"
    response = cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
    _check_succeeded(file, response)
    result = response.get("result")
    if isinstance(result, dict) and isinstance(cast("dict[str, object]", result).get("list"), list):
        return _of_bybit(file, cast("dict[str, object]", result))
    for name, form in (("data", "OKX response"), ("candles", "Coinbase response")):
        rows = response.get(name)
        if isinstance(rows, list):
            columns = response.get("columns")
            return (
                (_split(file, columns, cast("list[object]", rows)), None, "JSON of pandas")
                if isinstance(columns, list)
                else (cast("list[object]", rows), None, form)
            )
    raise InvalidTape(file, None, f"is JSON without a list of candles: {_ADVICE}")


def _check_succeeded(file: str, response: Mapping[str, object]) -> None:
    """Raises InvalidTape for a saved error of Bybit (`retCode`) or OKX and Binance (`code`)."""
    code = response.get("retCode", response.get("code", "0"))
    if code != "0":
        message = str(response.get("retMsg", response.get("msg", "")))[:200]
        raise InvalidTape(file, None, f"is an exchange's error {code}, not candles: {message!r}")


def _of_bybit(file: str, result: Mapping[str, object]) -> tuple[list[object], str | None, str]:
    if result.get("category") == "inverse":
        fault = "Bybit response: inverse contracts have their volume in USD; only linear and spot candles are read"
        raise InvalidTape(file, None, fault)
    symbol = result.get("symbol")
    return (
        cast("list[object]", result["list"]),
        symbol if isinstance(symbol, str) else None,
        "Bybit response (v5)",
    )


def _split(file: str, columns: object, rows: Sequence[object]) -> list[object]:
    names = [str(name) for name in cast("list[object]", columns)]
    if not all(isinstance(row, list) and len(cast("list[object]", row)) == len(names) for row in rows):
        raise InvalidTape(file, None, f"JSON of pandas: each row needs {len(names)} figures")
    return [dict(zip(names, cast("list[object]", row), strict=True)) for row in rows]


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
