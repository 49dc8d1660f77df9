"""The person for whom a program with a token of its own sends a request: the header `Whence-Actor: NAME:PERSON`.

A token may only divide its own name. NAME is the token's name, without its role at the end where it has one: the
tokens `telegram-viewer` and `telegram-trader`, of the roles viewer and trader, both send for `telegram:…`. No token's
name has a colon, so no person's name can be taken this way. The role stays that of the token.
"""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.datastructures import Headers

from commands.caller import Caller
from commands.identity import OF_A_SOURCE
from domain.errors import InvalidInput, NotAllowed

ACTOR_HEADER = "whence-actor"
_ACTOR = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,39}):([A-Za-z0-9._-]{1,40})")


def acting(caller: Caller, headers: Headers) -> Caller:
    """The caller under the actor that the header names; the caller itself where there is no such header.

    Raises InvalidInput for a header that is no actor, NotAllowed for an actor of another token.
    """
    given = headers.getlist(ACTOR_HEADER)
    if not given:
        return caller
    found = _ACTOR.fullmatch(given[0])
    if len(given) > 1 or found is None:
        raise InvalidInput(
            "`Whence-Actor` must be one NAME:PERSON of at most 40 letters, digits, dots, _ and - each"
        )
    own = caller.name.removesuffix(f"-{caller.role.word}")
    if caller.is_anonymous or found[1] != own or f"{own.casefold()}:" == OF_A_SOURCE:
        raise NotAllowed(
            f"the token {caller.name} sends requests for actors like {own}:PERSON, for no others"
        )
    return replace(caller, name=given[0])
