"""A section of a page: its title, a note below it, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup


class Section(NamedTuple):
    """One section; `id` is the anchor of its head, and `note` stands below it."""

    id: str
    title: str
    parts: Sequence[Markup]
    note: str = ""
