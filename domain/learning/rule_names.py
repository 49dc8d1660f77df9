"""The names of the rules by which `whence models auto` registers, promotes and retires, as events have them."""

from __future__ import annotations

from typing import Final

from domain.errors import InvalidInput

BY_BUDGET: Final = "error budget"
BY_DRIFT: Final = "drift"
BY_PATIENCE: Final = "patience"
BY_SCHEDULE: Final = "schedule"
SCHEDULED: Final = f"{BY_SCHEDULE}: "
"""With this begins the reason of the registration of a model that was trained by schedule."""


def check_reason(reason: str, what: str = "the reason") -> None:
    """Raises InvalidInput for the reason of a person that would be taken for that of the schedule.

    `what` names the argument or option in the error.
    """
    if reason.strip().lower().startswith(SCHEDULED.rstrip()):
        raise InvalidInput(
            f"{what} {reason[:80]!r} begins with {SCHEDULED.rstrip()!r}, by which `whence models auto` knows the "
            "models that it has trained, and makes them challengers; write another reason"
        )


def registration_reason(rule: str | None, reason: str) -> str:
    """The reason of a registration as its event has it, by a rule or, for None, by a person.

    Raises InvalidInput for a rule that registers no models, and as `check_reason`.
    """
    check_reason(reason)
    if rule is None:
        return reason
    if rule != BY_SCHEDULE:
        raise InvalidInput(f"the rule {rule[:80]!r} registers no models; {BY_SCHEDULE!r} does")
    return SCHEDULED + reason
