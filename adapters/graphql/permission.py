"""The least role a root field needs, as an extension of the field: `extensions=[requires(Role.VIEWER)]`.

The context of every operation has the caller. A root field that names no role is a defect: a test finds it by
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
    """Lets a field resolve only for callers whose role reaches; the others get UNAUTHENTICATED or FORBIDDEN."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def apply(self, field: StrawberryField) -> None:
        """The role is told in the field's description, for whoever reads the schema; once, of however many schemas."""
        told = f"Needs the role {self.role.word}."
        said = field.description or ""
        if told not in said:
            field.description = f"{said}\n\n{told}".lstrip()

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        """Checks before the field is resolved; a subscription is checked before it begins."""
        info.context.caller.check(self.role)
        return next_(source, info, **kwargs)

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Info[Any, Any], **kwargs: Any
    ) -> Any:
        """As `resolve`; a subscription's resolver gives its stream without being awaited."""
        info.context.caller.check(self.role)
        found: Any = next_(source, info, **kwargs)
        return await found if inspect.isawaitable(found) else found


def requires(role: Role) -> RoleRequired:
    """The field extension that lets only callers of this role, or one above it, resolve the field."""
    return RoleRequired(role)


def least_role(field: StrawberryField) -> Role | None:
    """The role a field was written with; None where none was."""
    return next((one.role for one in field.extensions if isinstance(one, RoleRequired)), None)
