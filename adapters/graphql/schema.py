"""The schema: what can be asked, sent and followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.schema.config import StrawberryConfig

from adapters.graphql.context import SnapshotsGivenBack
from adapters.graphql.documents import ValidatedOnce, ValidDocuments
from adapters.graphql.masking import MaskedSchema
from adapters.graphql.mutation import Mutation
from adapters.graphql.query import Query
from adapters.graphql.scalars import SCALARS
from adapters.graphql.subscription import Subscription

_DOCUMENTS = 500
"""How many different documents are kept, parsed and known to be valid."""


def schema(
    extensions: Sequence[Callable[[], SchemaExtension]] = (), *, suggestions: bool = True
) -> MaskedSchema:
    """The whole schema; `extensions` are made anew for every operation.

    Without `suggestions` an unknown name is an unknown name: what is meant would tell what there is.
    """
    valid = ValidDocuments(_DOCUMENTS)
    quick = [lambda: ParserCache(_DOCUMENTS), lambda: ValidatedOnce(valid)]
    return MaskedSchema(
        Query,
        Mutation,
        Subscription,
        extensions=[SnapshotsGivenBack, *quick, *extensions],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggestions),
    )


def printed() -> str:
    """The schema in GraphQL's own language, as it is committed."""
    return f"{schema().as_str()}\n"
