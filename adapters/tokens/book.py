"""The table of tokens: issue, list, revoke."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from adapters.tokens.table import TOKENS
from adapters.tokens.token import Token
from commands.identity import RESERVED_ACTORS
from commands.roles import Role
from domain.errors import InvalidInput
from projections.answering import answering
from projections.store import reading, writing

_NAME = re.compile(r"(?![0-9a-f]{12}\Z)[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""A name must not look like an id, because `revoke` accepts both."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One token as it is stored. A token is in force until it is revoked; `revoked_at` is then set. Times are UTC."""

    id: str
    name: str
    role: Role
    hash: bytes = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None


class TokenBook:
    """The tokens in the store. Only `issue` returns a token's secret."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def issue(self, name: str, role: Role, now: datetime) -> Token:
        """A new token of this name. Raises InvalidInput where the name is invalid or has a token in force."""
        if not _NAME.fullmatch(name) or name.lower() in RESERVED_ACTORS:
            raise InvalidInput(
                f"{name!r} is not a name for a token: use 1 to 40 letters, digits, dots, _ and -, "
                f"but none of {', '.join(sorted(RESERVED_ACTORS))}"
            )
        token = Token.mint()
        row = {"id": token.id, "name": name, "role": role.word, "hash": token.hash, "created_at": now}
        with answering(self._engine), _untaken(name), writing(self._engine) as connection:
            connection.execute(insert(TOKENS).values(row))
        return token

    def entries(self) -> Sequence[Entry]:
        """All tokens, revoked ones included, the oldest first."""
        with answering(self._engine), reading(self._engine) as connection:
            found = connection.execute(select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.id))
            return [_entry(row) for row in found.mappings()]

    def in_force(self) -> Sequence[Entry]:
        """The tokens that are not revoked."""
        with answering(self._engine), reading(self._engine) as connection:
            found = connection.execute(select(TOKENS).where(TOKENS.c.revoked_at.is_(None)))
            return [_entry(row) for row in found.mappings()]

    def revoke(self, wanted: str, now: datetime) -> str:
        """Revokes the token of this name or id and returns its name.

        Raises InvalidInput where no such token is in force.
        """
        named = (TOKENS.c.name == wanted) | (TOKENS.c.id == wanted)
        ended = update(TOKENS).where(named, TOKENS.c.revoked_at.is_(None)).values(revoked_at=now)
        with answering(self._engine), writing(self._engine) as connection:
            names = connection.scalars(ended.returning(TOKENS.c.name)).all()
        if not names:
            raise InvalidInput(
                f"no token in force has the name or id {wanted!r}; `whence tokens list` shows them"
            )
        return str(names[0])


@contextmanager
def _untaken(name: str) -> Generator[None]:
    try:
        yield
    except IntegrityError:
        raise InvalidInput(f"{name} has a token already; revoke it first, or use another name") from None


def _entry(row: RowMapping) -> Entry:
    return Entry(
        row["id"], row["name"], Role.named(row["role"]), row["hash"], row["created_at"], row["revoked_at"]
    )
