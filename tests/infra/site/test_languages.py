"""The Russian pages have the headings, commands, links and pictures of the English ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from tests.infra.site.blocks import ROOT, blocks_of

PAIRS = (("README.md", "README.ru.md"), ("docs/start.md", "docs/start.ru.md"))
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _levels(text: str) -> Sequence[int]:
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [len(marks) for marks in re.findall(r"^(#+) ", prose, re.MULTILINE)]


def _code(name: str) -> Sequence[tuple[str, str]]:
    """Language and text of each block; of a line with a comment, what stands before the comment."""
    found = blocks_of(ROOT / name)
    return [(one.language, "\n".join(map(_without_comment, one.text.splitlines()))) for one in found]


def _without_comment(line: str) -> str:
    return re.sub(r"\s+#\s.*$", "", line).rstrip()


def _targets(text: str) -> Sequence[str]:
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return sorted(one.replace(".ru.md", ".md").removeprefix("docs/") for one in found)


@pytest.mark.parametrize(("english", "russian"), PAIRS)
def test_both_pages_have_the_same_headings_by_level(english: str, russian: str) -> None:
    assert _levels(_read(russian)) == _levels(_read(english))


@pytest.mark.parametrize(("english", "russian"), PAIRS)
def test_both_pages_have_the_same_commands_and_snippets(english: str, russian: str) -> None:
    assert _code(russian) == _code(english)


@pytest.mark.parametrize(("english", "russian"), PAIRS)
def test_both_pages_have_the_same_links(english: str, russian: str) -> None:
    assert _targets(_read(russian)) == _targets(_read(english))


@pytest.mark.parametrize("russian", [russian for _english, russian in PAIRS])
def test_the_prose_of_a_russian_page_is_russian(russian: str) -> None:
    prose = re.sub(
        r"^```.*?^```|^    .*$|^\|[-|]*\|$|`[^`]*`", "", _read(russian), flags=re.DOTALL | re.MULTILINE
    )
    paragraphs = [one for one in re.split(r"\n\s*\n", prose) if len(re.findall(r"[^\W\d_]", one)) > 40]
    assert [one for one in paragraphs if not _CYRILLIC.search(one) and "![" not in one] == []
