"""A cache of valid documents, so that a repeated document is parsed and validated only the first time.

A document's cost also depends on its variables, so rules other than GraphQL's own are checked for every request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

from graphql import DocumentNode, specified_rules
from strawberry.extensions import SchemaExtension

_OWN = frozenset(specified_rules)


class ValidDocuments:
    """The most recently used valid documents of one schema as syntax trees, at most `most` of them. Thread-safe."""

    def __init__(self, most: int, characters: int = 400_000) -> None:
        """`characters`: the most characters of all documents together. A tree takes about a hundred bytes for each."""
        self._most, self._characters = most, characters
        self._known: OrderedDict[str, DocumentNode] = OrderedDict()
        self._lock = Lock()
        self._held = 0

    def find(self, document: str) -> DocumentNode | None:
        """The tree of a valid document; None where it is not known."""
        with self._lock:
            found = self._known.get(document)
            if found is not None:
                self._known.move_to_end(document)
            return found

    def add(self, document: str, tree: DocumentNode) -> None:
        """Adds a document; removes the least recently used ones until both limits hold."""
        with self._lock:
            self._held += 0 if document in self._known else len(document)
            self._known[document] = tree
            while len(self._known) > self._most or self._held > self._characters:
                self._held -= len(self._known.popitem(last=False)[0])


class ReadOnce(SchemaExtension):
    """Skips the parser and GraphQL's own rules for a document that has passed them before."""

    def __init__(self, valid: ValidDocuments) -> None:
        self._valid = valid

    def on_parse(self) -> Iterator[None]:
        """Sets the tree of a known document, so that it is not parsed."""
        context = self.execution_context
        context.graphql_document = self._valid.find(context.query or "")
        yield

    def on_validate(self) -> Iterator[None]:
        """Runs only the rules that are not GraphQL's own for a known document."""
        context = self.execution_context
        document = context.query or ""
        if self._valid.find(document) is not None:
            others = (rule for rule in context.validation_rules if rule not in _OWN)
            context.validation_rules = tuple(others)
            yield
            return
        yield
        if document and context.graphql_document is not None and not context.pre_execution_errors:
            self._valid.add(document, context.graphql_document)
