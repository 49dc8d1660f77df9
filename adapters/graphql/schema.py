"""The schema: queries, mutations and subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from adapters.graphql.completion import Completion
from adapters.graphql.context import SnapshotsClosed
from adapters.graphql.documents import ReadOnce, ValidDocuments
from adapters.graphql.masking import MaskedSchema
from adapters.graphql.mutation import Mutation
from adapters.graphql.query import Query
from adapters.graphql.scalars import SCALARS
from adapters.graphql.subscription import Subscription

_DOCUMENTS = 500
"""The largest number of documents in the cache of valid documents."""


def schema(
    extensions: Sequence[Callable[[], SchemaExtension]] = (), *, suggestions: bool = True
) -> MaskedSchema:
    """The whole schema. `extensions` are functions that create a schema extension; they are called for every operation.

    With `suggestions`, the error for an unknown name suggests similar names, which discloses parts of the schema.
    """
    valid = ValidDocuments(_DOCUMENTS)
    made = MaskedSchema(
        Query,
        Mutation,
        Subscription,
        extensions=[SnapshotsClosed, lambda: ReadOnce(valid), *extensions],
        execution_context_class=Completion,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggestions),
    )
    made.valid = valid
    return made


def printed() -> str:
    """The schema in GraphQL's schema language, with the same text as the committed file `schema.graphql`."""
    return f"{schema().as_str()}\n"
