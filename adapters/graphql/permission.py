"""The least role that may resolve a root field, as a field extension: `extensions=[requires(Role.VIEWER)]`.

The caller is read from the operation's context. Every root field must require a role; a test checks this with
`least_role`.
"""

from __future__ import annotations

import inspect
from typing import Any

from strawberry.extensions.field_extension import (
    AsyncExtensionResolver,
    FieldExtension,
    SyncExtensionResolver,
)
from strawberry.types import Info
from strawberry.types.field import StrawberryField

from commands.roles import Role


class RoleRequired(FieldExtension):
    """Resolves a field only for callers with the role; other callers receive UNAUTHENTICATED or FORBIDDEN."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def apply(self, field: StrawberryField) -> None:
        """Adds the role to the field's description, only once even if several schemas are built."""
        line = f"Needs the role {self.role.word}."
        described = field.description or ""
        if line not in described:
            field.description = f"{described}\n\n{line}".lstrip()

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        """Checks the caller's role, then resolves the field. A subscription is checked once, before it begins."""
        info.context.caller.check(self.role)
        return next_(source, info, **kwargs)

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Info[Any, Any], **kwargs: Any
    ) -> Any:
        """Like `resolve`, for asynchronous resolvers. The resolver of a subscription returns a stream, which is not
        awaited."""
        info.context.caller.check(self.role)
        found: Any = next_(source, info, **kwargs)
        return await found if inspect.isawaitable(found) else found


def requires(role: Role) -> RoleRequired:
    """The field extension that only lets callers with this role or a higher one resolve the field."""
    return RoleRequired(role)


def least_role(field: StrawberryField) -> Role | None:
    """The role that a field requires; None where it requires no role."""
    return next((one.role for one in field.extensions if isinstance(one, RoleRequired)), None)
