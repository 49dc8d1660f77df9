"""What a simulated exchange requires of account and instruments."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import ONE, ZERO
from domain.errors import InvalidSettings
from domain.instrument import Instrument


def check_account(balance: Decimal, leverage: Decimal) -> None:
    """Raises InvalidSettings for a negative balance and for a leverage below 1."""
    if not balance.is_finite() or balance < ZERO:
        raise InvalidSettings(f"the starting balance must be a number of at least 0: {balance}")
    if not leverage.is_finite() or leverage < ONE:
        raise InvalidSettings(f"leverage must be at least 1: {leverage}")


def check_instrument(name: str, instrument: Instrument, currency: str, leverage: Decimal) -> None:
    """Raises InvalidSettings for an instrument of another market or currency, and for too much leverage."""
    if name != instrument.id or "-LINEAR." not in name or instrument.quote != currency:
        raise InvalidSettings(
            f"{name}: the simulated exchange trades LINEAR instruments quoted in the account's currency {currency}"
        )
    if leverage > instrument.max_leverage or instrument.maintenance_margin * leverage >= ONE:
        raise InvalidSettings(
            f"leverage {leverage} is too much for {name}: at most {instrument.max_leverage}, and less than 1 / "
            f"maintenance margin ({instrument.maintenance_margin}), are allowed"
        )
