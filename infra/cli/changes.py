"""The options of a what-if: `--set trading.risk.max_positions=3` and `--strategy "trend fast=10 slow=30"`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.committees import POLICY_VERSION
from domain.errors import InvalidInput
from domain.settings import StrategySettings
from infra.run.backtest import Change
from infra.trading import trading_settings

_PREFIX = "trading."
_OWN = frozenset({"interval", "instruments"})
"""The settings of an instance that are no parameters of its strategy."""


def change_of(values: Sequence[str], strategies: Sequence[str], policy: int | None) -> Change:
    """The change of these options; without strategies those of the log stay, without a policy it is the current one.

    Raises InvalidInput for text that cannot be read, InvalidSettings for a strategy with invalid settings.
    """
    if policy is not None and not 1 <= policy <= POLICY_VERSION:
        raise InvalidInput(f"--policy {policy}: the versions of the policy are 1 to {POLICY_VERSION}")
    return Change(
        values=_values(values),
        strategies=_strategies(strategies) if strategies else None,
        policy=POLICY_VERSION if policy is None else policy,
    )


def _values(given: Sequence[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.startswith(_PREFIX):
            raise InvalidInput(f"--set {text[:80]!r}: write it like trading.risk.max_positions=3")
        own = name.removeprefix(_PREFIX)
        if own in found:
            raise InvalidInput(f"--set {name} is given twice")
        found[own] = value
    return found


def _strategies(given: Sequence[str]) -> tuple[StrategySettings, ...]:
    return trading_settings({"strategies": [_table(text) for text in given]}).strategies


def _table(text: str) -> Mapping[str, object]:
    """`quick=trend fast=5 interval=15m` as the table of a settings file."""
    head, *pairs = text.split() or [""]
    own, equals, kind = head.partition("=")
    table: dict[str, object] = {"id": own, "strategy": kind} if equals else {"name": own}
    parameters: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals and value) or name in parameters or name in table:
            raise InvalidInput(
                f'--strategy {text[:80]!r}: {pair[:40]!r} is no parameter; write it like "trend fast=10" or '
                '"quick=trend fast=5 interval=15m instruments=BTCUSDT-LINEAR.BYBIT,ETHUSDT-LINEAR.BYBIT"'
            )
        if name in _OWN:
            table[name] = value.split(",") if name == "instruments" else value
        else:
            parameters[name] = value
    return {**table, "parameters": parameters}
