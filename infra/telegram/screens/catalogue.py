"""Every screen by its name. A new one is a file beside this one with a line here, its words, and a row in the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.telegram.screens.accounts import ACCOUNT
from infra.telegram.screens.all_strategies import ALL_STRATEGIES
from infra.telegram.screens.auto import AUTO, SWITCH
from infra.telegram.screens.explain import EXPLAIN
from infra.telegram.screens.home import home_of
from infra.telegram.screens.journal import JOURNAL
from infra.telegram.screens.language import LANGUAGE
from infra.telegram.screens.limits import LIMITS_SCREEN
from infra.telegram.screens.market import MARKET
from infra.telegram.screens.order import ORDER
from infra.telegram.screens.portfolio import PORTFOLIO
from infra.telegram.screens.position import POSITION
from infra.telegram.screens.positions import POSITIONS
from infra.telegram.screens.risk import KILL, RISK
from infra.telegram.screens.screen import Screen
from infra.telegram.screens.settings import SETTINGS
from infra.telegram.screens.strategies import STRATEGIES, STRATEGY
from infra.telegram.screens.system import SYSTEM
from infra.telegram.screens.trade import TRADE

_LISTED: Final = [
    MARKET,
    PORTFOLIO,
    JOURNAL,
    STRATEGIES,
    RISK,
    SETTINGS,
    SYSTEM,
    EXPLAIN,
    KILL,
    STRATEGY,
    ALL_STRATEGIES,
    TRADE,
    POSITIONS,
    POSITION,
    ORDER,
    LIMITS_SCREEN,
    AUTO,
    SWITCH,
    LANGUAGE,
    ACCOUNT,
]

SCREENS: Final[Mapping[str, Screen]] = {one.name: one for one in (home_of(_LISTED), *_LISTED)}
