"""The personal texts of a request: its actor, and the reason or the resolution that a person gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from commands.request import Requested

ACTOR = "actor"
FIELDS = ("reason", "resolution")
"""The personal fields of requests; a test compares them with the texts that requests record as given."""


def personal_texts(requested: Requested) -> Iterator[tuple[str, str]]:
    """Each personal text of the request, after the name of its field."""
    yield ACTOR, requested.actor
    yield from _texts(requested.request)


def with_personal(requested: Requested, written: Callable[[str, str], str]) -> Requested:
    """The request with `written(field, text)` in place of each personal text."""
    request: Any = requested.request
    changed = {field: written(field, text) for field, text in _texts(request)}
    return replace(requested, actor=written(ACTOR, requested.actor), request=replace(request, **changed))


def _texts(request: object) -> Iterator[tuple[str, str]]:
    for field in FIELDS:
        text = getattr(request, field, None)
        if isinstance(text, str):
            yield field, text
