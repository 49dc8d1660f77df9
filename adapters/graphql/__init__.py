"""The API in GraphQL. The words of the domain are told first: a type that names one finds it known."""

from __future__ import annotations

import adapters.graphql.enums as enums

__all__ = ["enums"]
