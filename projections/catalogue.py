"""Every projection there is, by name."""

from __future__ import annotations

from collections.abc import Mapping

from projections.accounts import ACCOUNTS
from projections.equity import EQUITY
from projections.orders import ORDERS
from projections.performance import PERFORMANCE
from projections.projection import Projection

PROJECTIONS: Mapping[str, Projection] = {one.name: one for one in (ORDERS, ACCOUNTS, EQUITY, PERFORMANCE)}
