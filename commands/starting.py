"""The stimuli at the start of trading: one puts the configuration in force, the other handles orphans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from commands.identity import Identity
from commands.orphans import settle_orphans
from commands.routes import Command
from commands.settings import ChangeSettings
from commands.stimulus import Stimulus, asks_of_engine, clock_fact
from domain.log import chain_id
from domain.portfolio import Portfolio
from domain.settings import Settings


def configured(at: datetime, settings: Settings, portfolio: Portfolio) -> Stimulus:
    """Puts the configured strategies and the rules about their positions in force; limits are unchanged.

    Nothing follows if the same settings are already in force.
    """
    wanted = with_strategies(portfolio.settings.settings, settings)
    return _at_start(at, [ChangeSettings(wanted, "configured at start")])


def with_strategies(in_force: Settings, settings: Settings) -> Settings:
    """The settings in force with what every start has as configured.

    That are strategies, filters, regimes, the leverage by volatility, groups and rules about positions.
    """
    return replace(
        in_force,
        strategies=settings.strategies,
        reverse_others=settings.reverse_others,
        orphans=settings.orphans,
        on_opposite=settings.on_opposite,
        filters=settings.filters,
        regimes=settings.regimes,
        leverage=settings.leverage,
        groups=settings.groups,
    )


def settled(at: datetime, identity: Identity, portfolio: Portfolio) -> Stimulus:
    """Handles orphans; see `commands/orphans.py`."""
    chain = chain_id(identity.log_id, identity.account, clock_fact(at))
    return _at_start(at, settle_orphans(portfolio, chain=chain))


def _at_start(at: datetime, commands: Sequence[Command]) -> Stimulus:
    return Stimulus(at, asks_of_engine(commands, at))
