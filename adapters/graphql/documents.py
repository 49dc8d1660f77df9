"""A cache of valid documents, so that a repeated document is parsed and validated only the first time.

A document's cost also depends on its variables, so the limits of variables and weight are checked for every request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

from adapters.graphql.completion import keep_plans


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


_VALID = "is_valid"


def is_valid(tree: DocumentNode) -> bool:
    """Whether the tree has passed all rules that depend on the document alone."""
    return _VALID in vars(tree)


class ReadOnce(SchemaExtension):
    """Skips the parser and the rules of documents for a document that has passed them before."""

    def __init__(self, valid: ValidDocuments) -> None:
        self._valid = valid

    def on_parse(self) -> Iterator[None]:
        """Sets the tree of a known document, so that it is not parsed."""
        context = self.execution_context
        context.graphql_document = self._valid.find(context.query or "")
        yield

    def on_validate(self) -> Iterator[None]:
        """Removes all rules for a known document, because none depends on the request; remembers a valid one."""
        context = self.execution_context
        document, tree = context.query or "", context.graphql_document
        is_known = tree is not None and is_valid(tree)
        if is_known:
            context.validation_rules = ()
        yield
        if document and tree is not None and not is_known and not context.pre_execution_errors:
            keep_plans(tree)
            vars(tree)[_VALID] = True
            self._valid.add(document, tree)
