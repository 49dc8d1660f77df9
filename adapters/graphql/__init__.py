"""The API in GraphQL. The domain's enums are registered first, because the types refer to them."""

from __future__ import annotations

import adapters.graphql.enums as enums

__all__ = ["enums"]
