"""Builds the simulated exchange from the settings of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from adapters.simulated import SimulatedExchange, SimulationRules
from domain.instrument import Instrument
from domain.settings import SimulationSettings
from infra.run.stake import Stake


def simulated(
    instruments: Iterable[Instrument],
    stake: Stake,
    simulation: SimulationSettings,
    version: int,
    drawn_as: Callable[[str], str] = str,
) -> SimulatedExchange:
    """The exchange of a new account, by the `version` of the simulator's rules that the log was opened with.

    `drawn_as` is that of `SimulatedExchange`.

    Raises InvalidSettings where it does not support instruments, stake or rules, InvalidInput for an unknown version.
    """
    return SimulatedExchange(
        instruments={instrument.id: instrument for instrument in instruments},
        currency=stake.currency,
        balance=stake.balance,
        leverage=stake.leverage,
        rules=rules_of(simulation),
        seed=simulation.seed,
        version=version,
        drawn_as=drawn_as,
    )


def rules_of(simulation: SimulationSettings) -> SimulationRules:
    """The rules of the settings. Raises InvalidSettings where they are out of range or contradict each other."""
    return SimulationRules(
        slippage=simulation.slippage,
        slippage_jitter=simulation.slippage_jitter,
        volume_share=simulation.volume_share,
        latency=timedelta(milliseconds=simulation.latency_ms),
    )
