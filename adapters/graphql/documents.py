"""A cache of valid documents, so that a repeated document is validated against the schema only the first time.

A document's cost also depends on its variables, so rules other than GraphQL's own are checked for every request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from graphql import specified_rules
from strawberry.extensions import SchemaExtension

_OWN = frozenset(specified_rules)


class ValidDocuments:
    """The most recently used valid documents of one schema, at most `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, document: str) -> bool:
        if document not in self._known:
            return False
        self._known.move_to_end(document)
        return True

    def add(self, document: str) -> None:
        """Adds a document; if there are more than `most` then, removes the least recently used one."""
        self._known[document] = None
        if len(self._known) > self._most:
            self._known.popitem(last=False)


class ValidatedOnce(SchemaExtension):
    """Skips GraphQL's own rules for a document that has passed them before."""

    def __init__(self, valid: ValidDocuments) -> None:
        self._valid = valid

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.query or ""
        if document in self._valid:
            others = (rule for rule in context.validation_rules if rule not in _OWN)
            context.validation_rules = tuple(others)
            yield
            return
        yield
        if document and not context.pre_execution_errors:
            self._valid.add(document)
