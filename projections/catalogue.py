"""Every projection, by name."""

from __future__ import annotations

from collections.abc import Mapping

from projections.accounts import ACCOUNTS
from projections.alerts import ALERTS
from projections.decisions import DECISIONS
from projections.discrepancies import DISCREPANCIES
from projections.equity import EQUITY
from projections.fills import FILLS
from projections.journal import JOURNAL
from projections.manipulations import MANIPULATIONS
from projections.models import MODELS
from projections.orders import ORDERS
from projections.performance import PERFORMANCE
from projections.positions import POSITIONS
from projections.projection import Projection
from projections.signals import SIGNALS
from projections.trading import TRADING
from projections.weights import WEIGHTS

_ALL = (
    SIGNALS,
    DECISIONS,
    ORDERS,
    FILLS,
    POSITIONS,
    ACCOUNTS,
    EQUITY,
    PERFORMANCE,
    JOURNAL,
    ALERTS,
    DISCREPANCIES,
    TRADING,
    WEIGHTS,
    MODELS,
    MANIPULATIONS,
)
PROJECTIONS: Mapping[str, Projection] = {one.name: one for one in _ALL}
