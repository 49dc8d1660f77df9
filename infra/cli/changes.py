"""The options of a what-if: `--set trading.risk.max_positions=3`, `--strategy "trend fast=10 slow=30"`, and
`--settings FILE`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from domain.adjusting import differences
from domain.committees import POLICY_VERSION
from domain.errors import InvalidInput
from domain.settings import Settings, StrategySettings
from infra.config import WhenceSettings, load
from infra.run.backtest import Change
from infra.trading import trading_settings, unnamed_as_in

_PREFIX = "trading."
_OWN = frozenset({"interval", "instruments", "minimum_trend", "minimum_reward_to_risk"})
"""The settings of an instance that are no parameters of its strategy, beside those of its own `_TABLES`."""
_TABLES = frozenset({"book", "flips", "intents", "filters", "limits", "management", "models", "sizing"})
_LISTS = frozenset({"instruments", "majors", "trailing_levels", "partial_closes", "steps", "equal"})


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


def with_file(change: Change, file: Path, recorded: Settings) -> Change:
    """The change with the trading settings of a settings file in place of the recorded ones; what the change names
    itself wins. Where a default depends on the market and the file states no value, the recorded value stays.

    Raises InvalidSettings for a file that cannot be read, InvalidInput where it pauses other strategies or has other
    groups.
    """
    table = load(config=file).trading
    configured = unnamed_as_in(recorded, trading_settings(table), table)
    if configured.paused != recorded.paused:
        raise InvalidInput(
            f"--settings {file}: trading.paused is not that of the log, and pauses cannot be compared; leave it out"
        )
    if configured.groups != recorded.groups:
        raise InvalidInput(
            f"--settings {file}: trading.groups is not that of the log, and a what-if cannot change groups; give those "
            "that the log was made with"
        )
    strategies = None if configured.strategies == recorded.strategies else configured.strategies
    return replace(
        change,
        values={**differences(recorded, configured), **change.values},
        strategies=strategies if change.strategies is None else change.strategies,
    )


def _values(given: Sequence[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if equals and _is_of_the_program(name):
            raise InvalidInput(
                f"--set {name} is no setting of the trading: it is fixed by the log or by an option of the command; "
                "--set takes the settings of `whence settings` that begin with trading., as "
                "trading.risk.max_positions=3"
            )
        if not equals or not name.startswith(_PREFIX):
            raise InvalidInput(f"--set {text[:80]!r}: write it like trading.risk.max_positions=3")
        own = name.removeprefix(_PREFIX)
        if own.partition(".")[0] == "strategies":
            raise InvalidInput(
                f"--set {name}: strategies are given as a whole, with their parameters: write it like "
                '--strategy "trend fast=9"'
            )
        if own in found:
            raise InvalidInput(f"--set {name} is given twice")
        found[own] = value
    return found


def _is_of_the_program(name: str) -> bool:
    """Whether it is a setting that is not part of `trading`, as `leverage`."""
    return name.partition(".")[0] in WhenceSettings.model_fields.keys() - {"trading"}


def _strategies(given: Sequence[str]) -> tuple[StrategySettings, ...]:
    return trading_settings({"strategies": [_table(text) for text in given]}).strategies


def _table(text: str) -> Mapping[str, object]:
    """`quick=trend fast=5 interval=15m` as the table of a settings file."""
    head, *pairs = text.split() or [""]
    own, equals, kind = head.partition("=")
    table: dict[str, object] = {"id": own, "strategy": kind} if equals else {"name": own}
    parameters: dict[str, str] = {}
    own_tables: dict[str, dict[str, object]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals and value) or name in parameters or name in table:
            raise InvalidInput(
                f'--strategy {text[:80]!r}: {pair[:40]!r} is no parameter; write it like "trend fast=10" or '
                '"quick=trend fast=5 interval=15m instruments=BTCUSDT-LINEAR.BYBIT,ETHUSDT-LINEAR.BYBIT"'
            )
        if name in _OWN:
            table[name] = _given(name, value)
        elif name.partition(".")[0] in _TABLES:
            of, _, setting = name.partition(".")
            own_tables.setdefault(of, {})[setting] = _given(setting, value)
        else:
            parameters[name] = value
    return {**table, **own_tables, "parameters": parameters}


def _given(name: str, value: str) -> str | list[str]:
    return value.split(",") if name in _LISTS else value
