"""Search by words: finds the rows that hold every word of a text, with the same result on both databases.

A word is a run of letters and digits, or a number with its decimals; all other characters separate words, and case is
ignored. `BTCUSDT-LINEAR.BYBIT at 83123.5` has five words: btcusdt, linear, bybit, at, 83123.5. Only whole words match:
83123 does not match 83123.5. A row's words are stored in a column, already separated, so that the result does not
depend on a database's tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Text

from domain.errors import InvalidInput
from projections.word_index import WORDS, array_of, in_fts

_LONGEST = 1_000
_MOST_WORDS = 20
"""The length and the words of a text to search for. Each word costs a look into the index and a comparison a row."""
_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")


def words(text: str) -> Sequence[str]:
    """The words of a text in their order, in lower case."""
    return _WORD.findall(text.lower())


def matching(rows: FromClause, text: str) -> ColumnElement[bool]:
    """Whether a row holds every word of the text.

    `rows` is a source's table with the columns `words` and `ordinal`, live or as of an ordinal. Only the live table
    has an index of words. Raises InvalidInput for a text without a word, of more than 20 different words, or of more
    than 1,000 characters.
    """
    if len(text) > _LONGEST:
        raise InvalidInput(f"a search has at most {_LONGEST:,} characters, not {len(text):,}")
    wanted_words = tuple(dict.fromkeys(words(text)))
    if len(wanted_words) > _MOST_WORDS:
        raise InvalidInput(f"a search has at most {_MOST_WORDS} words, not {len(wanted_words)}")
    if not wanted_words:
        raise InvalidInput(f"{text[:80]!r} holds no word to search for; give letters or digits")
    indexed = in_fts(rows, wanted_words)
    return _Matching(
        _in_array(rows, wanted_words), _in_text(rows, wanted_words) if indexed is None else indexed
    )


class _Matching(FunctionElement[bool]):
    """One condition, written once for PostgreSQL and once for SQLite; each database receives its own.

    The condition has no SQL type. If it were a boolean, SQLAlchemy would compare it with 1 on SQLite, and SQLite could
    then use no index.
    """

    inherit_cache = True
    name = "matching"


@compiles(_Matching, "postgresql")
def _to_postgres(element: _Matching, compiler: SQLCompiler, **options: Any) -> str:
    to_postgres, _ = element.clauses
    return compiler.process(to_postgres, **options)


@compiles(_Matching, "sqlite")
def _to_sqlite(element: _Matching, compiler: SQLCompiler, **options: Any) -> str:
    _, to_sqlite = element.clauses
    return compiler.process(to_sqlite, **options)


def _in_array(rows: FromClause, wanted_words: Sequence[str]) -> ColumnElement[bool]:
    wanted = cast(array([literal(word) for word in wanted_words]), ARRAY(Text))
    return array_of(rows).op("@>", is_comparison=True)(wanted)


def _in_text(rows: FromClause, wanted_words: Sequence[str]) -> ColumnElement[bool]:
    """Looks for each word in the column, with a space on either side."""
    held = literal(" ").concat(rows.c[WORDS]).concat(" ")
    return and_(*(func.instr(held, f" {word} ") > 0 for word in wanted_words))
