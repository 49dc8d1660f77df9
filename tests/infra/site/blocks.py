"""The blocks of code of the documentation's pages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```|((?:^ {4,}\S[^\n]*\n)+)", re.DOTALL | re.MULTILINE)
_VARIABLE = re.compile(r"[A-Z_]+=\S*")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page; `language` is empty for commands and their output."""

    page: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A line of a page that runs `whence`; `words` follow the program's name."""

    page: str
    line: str
    words: tuple[str, ...]


def blocks_of(page: Path) -> Iterator[Block]:
    """Each fenced or indented block of the page, in order."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield Block(page.name, found[1] or "", found[2] if found[2] is not None else found[3])


@cache
def blocks() -> tuple[Block, ...]:
    """Each block of all pages."""
    return tuple(block for page in PAGES for block in blocks_of(page))


@cache
def commands() -> tuple[Command, ...]:
    """Each command `whence …` of all pages; output that begins with the program's name is none."""
    found = (_command(block.page, line) for block in blocks() for line in _lines(block))
    return tuple(one for one in found if one is not None)


def _lines(block: Block) -> Iterator[str]:
    if block.language in {"", "sh"}:
        joined = re.sub(r"\\\n\s*", " ", block.text)
        shown = joined.startswith("$ ")
        for line in joined.splitlines():
            if not shown or line.startswith("$ "):
                yield line.strip().removeprefix("$ ")


def _command(page: str, line: str) -> Command | None:
    if "whence " not in line:
        return None
    words = shlex.split(line.partition(" > ")[0], comments=True)
    while words and _VARIABLE.fullmatch(words[0]):
        del words[0]
    if not words or words[0] not in {"whence", ".venv/bin/whence"}:
        return None
    return Command(page, " ".join(words), tuple(words[1:]))
