"""Who calls, and how far that role reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from domain.errors import NotAllowed, Unauthenticated


class Role(IntEnum):
    """VIEWER reads; TRADER also sends what moves money; ADMIN also sends what everybody's trading depends on."""

    VIEWER = 1
    TRADER = 2
    ADMIN = 3

    @classmethod
    def named(cls, name: str) -> Role:
        """The role as a person writes it. Raises KeyError for a name that is none."""
        return cls[name.upper()]

    @property
    def word(self) -> str:
        """The role as a person reads it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `name` is what a mutation records as its actor; without `token_id` nobody has said who it is."""

    name: str
    role: Role
    token_id: str | None

    @property
    def is_anonymous(self) -> bool:
        """Whether the call came without a token."""
        return self.token_id is None

    def check(self, least: Role) -> None:
        """Raises Unauthenticated where a token is needed, NotAllowed where the token's role does not reach."""
        if self.role >= least and not (self.is_anonymous and least > Role.VIEWER):
            return
        if self.is_anonymous:
            raise Unauthenticated(
                f"this needs a token with the role {least.word}; without one you may only read"
            )
        raise NotAllowed(f"this needs the role {least.word}; your token has the role {self.role.word}")


ANONYMOUS = Caller("anonymous", Role.VIEWER, None)
"""Whoever calls from this machine without a token: it only reads."""


class CallerContext(Protocol):
    """What a GraphQL context must have: the caller, set before any resolver runs."""

    caller: Caller
