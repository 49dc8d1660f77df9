"""Our sentences for values that pydantic refuses: what is allowed and, where it may be repeated, what was given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, auto

from pydantic_core import ErrorDetails

from domain.plain_text import similar

_SHORTEST_SECRET = 16
"""No secret of a source of signals is shorter (`adapters/signals/settings.py`), so shorter values can be repeated."""
_NUMBER = "not a number; write it like 10000 or 2500.50, and 5 % as 0.05"
_WHOLE = "not a whole number; write it like 3"
_TABLE = "not a table; write it like { name = value }"
_LIST = "not a list; write it like [value, value]"
_TEXT = "not text; write it in quotes"
_NETWORK = "not an address or a network; write it like 203.0.113.7 or 203.0.113.0/24"
_SENTENCES: Mapping[str, str] = {
    "decimal_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "bool_parsing": "neither true nor false",
    "bool_type": "neither true nor false",
    "dataclass_type": _TABLE,
    "model_type": _TABLE,
    "dict_type": _TABLE,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "string_type": _TEXT,
    "ip_v4_network": _NETWORK,
    "ip_v6_network": _NETWORK,
    "missing": "missing",
}
"""Whole sentences, by pydantic's kind of fault."""
_ALLOWED: Mapping[str, str] = {
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "must be a finite number",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
}
"""What is allowed, with the names of pydantic's context."""
_PATTERNS: Mapping[str, str] = {
    "^[a-z0-9][a-z0-9_-]{0,39}$": (
        "must be 1 to 40 lower-case letters, digits, - and _, and begin with a letter or digit"
    ),
    "^[A-Za-z0-9_-]{1,64}$": "must be 1 to 64 letters, digits, - and _",
    "^[a-z0-9]{1,30}$": "must be 1 to 30 lower-case letters and digits",
}
"""The patterns of texts, in words."""
_PATTERN = "string_pattern_mismatch"
_LISTED = frozenset({"enum", "literal_error"})
_QUOTED = re.compile("'([^']*)'")
_LIKE_PYDANTIC = "Input should "


class Repeated(Enum):
    """Which of the given values a sentence repeats, of those that are shorter than any secret of a source.

    WORDS: numbers, and texts of a place that takes a word of a list. ALL: every number and text.
    """

    NONE = auto()
    WORDS = auto()
    ALL = auto()


def sentence_of(fault: ErrorDetails, repeated: Repeated = Repeated.WORDS) -> str:
    """What is wrong with the value, what is allowed, and the value where it may be repeated.

    `fault` needs its context, and its input where anything is repeated.
    """
    kind = fault["type"]
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    given = fault.get("input")
    is_word = kind in _LISTED
    beside = f", not {_shown(given)}" if _may_be_repeated(given, repeated, is_word=is_word) else ""
    if is_word:
        words = _QUOTED.findall(fault["ctx"]["expected"]) if "ctx" in fault else []
        near = similar(str(given).upper(), words, 1) if beside else ()
        return f"must be one of {', '.join(words)}{beside}{f'; did you mean {near[0]}?' if near else ''}"
    return f"{_allowed(fault)}{beside}"


def _allowed(fault: ErrorDetails) -> str:
    kind, context, message = fault["type"], fault.get("ctx", {}), fault["msg"]
    if kind == _PATTERN:
        return _PATTERNS.get(str(context.get("pattern")), message)
    if kind in _ALLOWED:
        return _ALLOWED[kind].format_map(context)
    return f"must {message.removeprefix(_LIKE_PYDANTIC)}" if message.startswith(_LIKE_PYDANTIC) else message


def _may_be_repeated(value: object, repeated: Repeated, *, is_word: bool) -> bool:
    if repeated is Repeated.NONE or not isinstance(value, str | int | float | Decimal):
        return False
    is_shown = repeated is Repeated.ALL or is_word or not isinstance(value, str)
    return is_shown and len(str(value)) < _SHORTEST_SECRET


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) else str(value)
