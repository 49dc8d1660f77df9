"""The least role for a root field, as an extension of the field: `extensions=[requires(Role.VIEWER)]`.

The caller comes from the operation's context. Every root field must have a role; a test checks it with `least_role`.
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
    """Resolves a field only for callers with the role; others receive UNAUTHENTICATED or FORBIDDEN."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def apply(self, field: StrawberryField) -> None:
        """Adds the role to the field's description, once for any number of schemas."""
        line = f"Needs the role {self.role.word}."
        described = field.description or ""
        if line not in described:
            field.description = f"{described}\n\n{line}".lstrip()

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        """Checks before the field is resolved; a subscription is checked before it begins."""
        info.context.caller.check(self.role)
        return next_(source, info, **kwargs)

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Info[Any, Any], **kwargs: Any
    ) -> Any:
        """As `resolve`; a subscription's resolver returns its stream without being awaited."""
        info.context.caller.check(self.role)
        found: Any = next_(source, info, **kwargs)
        return await found if inspect.isawaitable(found) else found


def requires(role: Role) -> RoleRequired:
    """The field extension that only lets callers with this role or a higher one resolve the field."""
    return RoleRequired(role)


def least_role(field: StrawberryField) -> Role | None:
    """The role that a field requires; None where it has none."""
    return next((one.role for one in field.extensions if isinstance(one, RoleRequired)), None)
