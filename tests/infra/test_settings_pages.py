"""Each section of `whence.toml` is explained on a page for users, with all of its settings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from adapters.signals.settings import SignalSettings
from adapters.telegram.settings import TelegramSettings
from domain.settings import Settings
from infra import settings_catalogue as catalogue
from infra.alerts import AlertSettings
from infra.backup_settings import BackupTable
from infra.book_view import BookViewSettings

_DOCS = Path(__file__).parents[2] / "docs"
_SAME_LIMITS = ("trading.regimes.trend", "trading.regimes.volatile")
"""Their settings are those of `trading.regimes.range`."""


@cache
def pages() -> Mapping[str, str]:
    """The text of each page for users by its name; decisions are for those who change the program."""
    return {page.name: page.read_text(encoding="utf-8") for page in _DOCS.glob("*.md")}


def sections() -> Mapping[str, Sequence[str]]:
    """The names of the settings of each section."""
    found = defaultdict[str, list[str]](list)
    rows = (
        *catalogue.alerts(AlertSettings()),
        *catalogue.backup(BackupTable()),
        *catalogue.book_view(BookViewSettings()),
        *catalogue.signals(SignalSettings()),
        *catalogue.telegram(TelegramSettings()),
        *catalogue.trading(Settings()),
    )
    for row in rows:
        section, _, name = row.key.rpartition(".")
        found[section].append(name)
    del found["trading"]  # the single settings of [trading] belong to the subjects of several pages
    return found


def is_explained(name: str, text: str) -> bool:
    """Whether a page has a setting by its name: as code, with a value, or as an array of tables."""
    return (
        re.search(rf"`([a-z_]+\.)*{name}[`.]|`{name} = |^{name} = |\.{name}\]\]", text, re.MULTILINE)
        is not None
    )


@pytest.mark.parametrize("section", sections())
def test_a_page_has_the_section_with_each_of_its_settings(section: str) -> None:
    names = () if section in _SAME_LIMITS else sections()[section]
    candidates = {page: text for page, text in pages().items() if f"[{section}]" in text}
    assert candidates, f"no page of docs/ has the section [{section}]: explain it on the page of its subject"
    missing = {
        page: [name for name in names if not is_explained(name, text)] for page, text in candidates.items()
    }
    best = min(missing, key=lambda page: len(missing[page]))
    assert not missing[best], f"docs/{best} has the section [{section}] without {', '.join(missing[best])}"
