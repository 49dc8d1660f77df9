"""The caller of a query: what it may do with the token that it sends."""

from __future__ import annotations

import strawberry

from adapters.graphql.enums import register_enum
from commands.caller import Caller
from commands.roles import Role

register_enum(Role)


@strawberry.type(description="The caller of this query.")
class Viewer:
    name: str = strawberry.field(description="The name of its token, which events record as the actor.")
    role: Role = strawberry.field(description="Its role.")
    is_anonymous: bool = strawberry.field(description="Whether it sent no token: then it may only read.")


def viewer_of(caller: Caller) -> Viewer:
    """The caller as the API shows it."""
    return Viewer(name=caller.name, role=caller.role, is_anonymous=caller.is_anonymous)
