"""Addresses in the texts of libraries' exceptions, as far as they may be shown and recorded."""

from __future__ import annotations

import re

_HOST = re.compile(r"\b(?:https?|wss?)://[^\s/?#\"'<>()]*")
_QUERY = re.compile(r"(/[^\s?#\"'<>()]*)\?[^\s\"'<>()]*")


def without_query(text: str) -> str:
    """The text with no query of any address: it holds what was requested, at some exchanges with key and signature."""
    return _QUERY.sub(r"\1", text)


def paths_only(text: str) -> str:
    """The text with the paths of its addresses alone: ccxt names the host that it knows, wherever requests went to."""
    return _HOST.sub("", without_query(text))
