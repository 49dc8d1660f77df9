"""Search by words: which rows' text holds every word that is asked for, on both databases alike.

A word is a run of letters and digits, or a number with its decimals; whatever else there is parts them, and capitals
do not matter. `BTCUSDT-LINEAR.BYBIT at 83123.5` has five: btcusdt, linear, bybit, at, 83123.5. Words are found whole:
83123 is another one. A row's words are kept in a column of their own, so that no database's idea of a word counts.
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

_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")


def words(text: str) -> Sequence[str]:
    """The words of a text in its order, in small letters."""
    return _WORD.findall(text.lower())


def matching(rows: FromClause, text: str) -> ColumnElement[bool]:
    """Whether a row's words hold every word of the text.

    `rows` is a source's table that has the columns `words` and `ordinal`, now or at a moment of the past; only the
    live table has an index. Raises InvalidInput for a text without a word.
    """
    asked = words(text)
    if not asked:
        raise InvalidInput(f"{text[:80]!r} holds no word to search for; give letters or digits")
    indexed = in_fts(rows, asked)
    return _Matching(_in_array(rows, asked), _in_text(rows, asked) if indexed is None else indexed)


class _Matching(FunctionElement[bool]):
    """One condition in two languages, PostgreSQL's and SQLite's: each is told its own.

    It names no type: SQLite would be asked whether a boolean is 1, and find nothing by an index.
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


def _in_array(rows: FromClause, asked: Sequence[str]) -> ColumnElement[bool]:
    wanted = cast(array([literal(word) for word in asked]), ARRAY(Text))
    return array_of(rows).op("@>", is_comparison=True)(wanted)


def _in_text(rows: FromClause, asked: Sequence[str]) -> ColumnElement[bool]:
    """Word by word in the column itself: a space stands on either side of each."""
    held = literal(" ").concat(rows.c[WORDS]).concat(" ")
    return and_(*(func.instr(held, f" {word} ") > 0 for word in asked))
