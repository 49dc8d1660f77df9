"""Every projection there is, by name."""

from __future__ import annotations

from collections.abc import Mapping

from projections.orders import ORDERS
from projections.projection import Projection

PROJECTIONS: Mapping[str, Projection] = {one.name: one for one in (ORDERS,)}
