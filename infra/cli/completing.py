"""What a shell completes beyond commands and options: logs in the folder, ids of a log, strategies.

These run at every TAB, so they read little and import neither settings nor the log: a file is a log if its name ends as
one, and ids are read from the end of a SQLite log.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.metadata import entry_points
from pathlib import Path

import typer

from domain.strategy_places import STRATEGY_PLACES

_DEFAULT = "sqlite:///whence.db"
_SQLITE = "sqlite:///"
_BESIDE = (".read.db", ".letters.db")
"""The ends of the names of files beside a log."""
_EVENTS = 2_000
"""How many events at the end of a log are searched for ids."""
_IDS = 50
_WITH_IDS = frozenset({"order", "position", "signal"})
_VARIABLES = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")
"""Where shells give the line that they complete."""


def completed_words() -> Sequence[str]:
    """The words of the line that a shell completes; empty where none is completed."""
    return [word for name in _VARIABLES for word in os.environ.get(name, "").split()]


def prepare() -> None:
    """Prepares for one completion.

    Bash splits words at colons; the words of a URL before the completed word are joined again. typer imports rich to
    strip its markup from help texts; ours have none, so that import is blocked.
    """
    if "COMP_WORDS" in os.environ:
        words, at = _joined(os.environ["COMP_WORDS"].split(), int(os.environ.get("COMP_CWORD") or 0))
        os.environ |= {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(at)}
    sys.modules["rich"] = None  # type: ignore[assignment]  # None blocks an import


def _joined(words: Sequence[str], at: int) -> tuple[Sequence[str], int]:
    """The words with `a`, `:`, `b` joined to `a:b` before word `at`, and the new place of that word.

    Where word `at` itself continues a URL, the URL's beginning is left out: bash replaces only what is after the
    colon.
    """
    found: list[str] = []
    for word in words[: at - 2 if words[at - 1] == ":" else at]:
        if found and (word == ":" or found[-1].endswith(":")):
            found[-1] += word
        else:
            found.append(word)
    return [*found, *words[at:]], len(found)


def logs(incomplete: str) -> Sequence[str]:
    """The addresses of the SQLite logs in the working folder."""
    found = [path.name for path in sorted(Path().glob("*.db")) if not path.name.endswith(_BESIDE)]
    # See `_joined`.
    prefix = "///" if incomplete.startswith("/") else _SQLITE
    return [prefix + name for name in found]


def ids(context: typer.Context) -> Sequence[str]:
    """Ids of orders, positions and signals at the end of the log that the line names, else of the default log."""
    address = str(context.params.get("log") or os.environ.get("WHENCE_LOG") or _configured())
    path = Path(address.removeprefix(_SQLITE))
    if not address.startswith(_SQLITE) or not path.is_file():
        return []
    try:
        return list(dict.fromkeys(_ids_in(path)))[:_IDS]
    except sqlite3.Error:
        return []


def _configured() -> str:
    try:
        return str(tomllib.loads(Path("whence.toml").read_text(encoding="utf-8-sig")).get("log", _DEFAULT))
    except (OSError, ValueError):
        return _DEFAULT


def _ids_in(path: Path) -> Iterator[str]:
    """The ids of the last events, the newest first."""
    last = "SELECT originator_id FROM stored_events ORDER BY rowid DESC LIMIT ?"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)) as log:
        for (stream,) in log.execute(last, (_EVENTS,)):
            noun, _, rest = str(stream).partition("-")
            if noun in _WITH_IDS:
                yield rest.partition("-")[2]


def strategies() -> Sequence[str]:
    """The names of the strategies that are built in or installed."""
    return sorted({*STRATEGY_PLACES, *entry_points(group="whence.strategies").names})
