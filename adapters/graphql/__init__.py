"""The GraphQL API. The domain's enums are registered with Strawberry first, because the object types refer to them."""

from __future__ import annotations

import adapters.graphql.enums as enums

__all__ = ["enums"]
