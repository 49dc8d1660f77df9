"""The examples of Bybit's documentation, and the comparison of an answer with one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

KEYED_BY_CURRENCY = frozenset({"cumFeeDetail"})
"""Objects whose keys are data."""

ONLY_TAXED = "extraFees"
"""A list that is empty for an account whose country does not tax fees."""


def example(folder: Path, page: str, number: int = 0) -> Any:
    """The example of a page; those of one page are numbered from 0."""
    return json.loads((folder / "bybit_docs" / f"{page}.json").read_text())["examples"][number]


def example_of(folder: Path, page: str, category: str) -> Any:
    """The example of the category, else the first one of the page."""
    examples = json.loads((folder / "bybit_docs" / f"{page}.json").read_text())["examples"]
    return next((one for one in examples if one.get("result", {}).get("category") == category), examples[0])


def documented_paths(folder: Path) -> dict[tuple[str, str], str]:
    """The page of each documented endpoint, by method and path."""
    found: dict[tuple[str, str], str] = {}
    for file in sorted((folder / "bybit_docs").glob("*.json")):
        endpoint = json.loads(file.read_text())["endpoint"]
        if endpoint is not None:
            found[endpoint[0], endpoint[1]] = file.stem
    return found


def differences(documented: Any, actual: Any, place: str = "") -> Iterator[str]:
    """One line for each documented key that is missing and each value of another type."""
    if isinstance(documented, dict):
        yield from _of_object(cast("dict[str, Any]", documented), actual, place)
    elif isinstance(documented, list):
        yield from _of_list(_listed(documented), actual, place)
    elif type(documented) is not type(actual):
        yield f"{place}: {type(actual).__name__} instead of {type(documented).__name__}"


def _listed(value: Any) -> list[Any]:
    listed: list[Any] = value
    return listed


def _of_object(documented: dict[str, Any], actual: Any, place: str) -> Iterator[str]:
    if not isinstance(actual, dict):
        yield f"{place}: {type(actual).__name__} instead of an object"
        return
    for key, value in documented.items():
        if key not in actual:
            yield f"{place}.{key} is missing"
        elif key not in KEYED_BY_CURRENCY:
            yield from differences(value, actual[key], f"{place}.{key}")


def _of_list(documented: list[Any], actual: Any, place: str) -> Iterator[str]:
    if not isinstance(actual, list):
        yield f"{place}: {type(actual).__name__} instead of a list"
    elif documented and not actual and not place.endswith(ONLY_TAXED):
        yield f"{place} is empty"
    elif documented:
        for one in _listed(actual):
            yield from differences(documented[0], one, f"{place}[]")
