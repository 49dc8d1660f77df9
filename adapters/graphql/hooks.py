"""Runs the hooks of schema extensions for an operation.

Strawberry examines and wraps each hook for each operation, which takes longer than the hooks. Here it is done once for
each hook.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache, partial
from inspect import isasyncgenfunction
from typing import Any, cast

from strawberry.extensions import SchemaExtension
from strawberry.extensions.context import (
    ExecutingContextManager,
    ExtensionContextManagerBase,
    OperationContextManager,
    ParsingContextManager,
    ValidationContextManager,
    WrappedHook,
)
from strawberry.extensions.runner import SchemaExtensionsRunner


class HooksRunner(SchemaExtensionsRunner):
    """Strawberry's runner for extensions whose hooks are generators, as all of this program's are."""

    def operation(self) -> OperationContextManager:
        """See `SchemaExtensionsRunner`."""
        return _Operation(self.extensions)

    def validation(self) -> ValidationContextManager:
        """See `SchemaExtensionsRunner`."""
        return _Validation(self.extensions)

    def parsing(self) -> ParsingContextManager:
        """See `SchemaExtensionsRunner`."""
        return _Parsing(self.extensions)

    def executing(self) -> ExecutingContextManager:
        """See `SchemaExtensionsRunner`."""
        return _Executing(self.extensions)


class _Known(ExtensionContextManagerBase):
    def get_hook(self, extension: SchemaExtension) -> WrappedHook | None:
        hook: Any = getattr(type(extension), self.HOOK_NAME)
        if hook is cast(Any, self).default_hook:
            return None
        wrapped, is_async = _wrapped(hook)
        return WrappedHook(extension, partial(wrapped, extension), is_async)


class _Operation(_Known, OperationContextManager):
    pass


class _Validation(_Known, ValidationContextManager):
    pass


class _Parsing(_Known, ParsingContextManager):
    pass


class _Executing(_Known, ExecutingContextManager):
    pass


@lru_cache(maxsize=256)
def _wrapped(hook: Callable[..., Any]) -> tuple[Callable[..., Any], bool]:
    """The hook as a context manager, and whether it is asynchronous."""
    is_async = isasyncgenfunction(hook)
    return (asynccontextmanager if is_async else contextmanager)(hook), is_async
