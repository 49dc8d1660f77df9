"""Texts from outside: which characters every log and every store can hold."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether the text has neither NUL, which PostgreSQL refuses, nor a lone surrogate, which UTF-8 cannot encode."""
    return _UNSTORABLE.search(text) is None
