"""Faults of the transport: which requests and pushes are spoiled, and how.

A fault names the place where it strikes: the path of an endpoint, a topic, or `*`. It may be limited to a symbol and to
a number of times, and it may strike by chance, drawn from its seed, so that a run can be repeated.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from adapters.simulated.server.json_values import EMPTY, list_of, object_of
from domain.errors import InvalidInput


class Kind(StrEnum):
    """What happens to a request, or to a push.

    Requests: DELAY (`value` ms), DROP (the connection is cut), CODE (`value` is the return code), STATUS (`value` is
    the HTTP status), HTML (status 200 with a page), TRUNCATED (half of the JSON text), STALE (the answer that the same
    query got before), EMPTY (a list without rows). Pushes: MISSING, DUPLICATE, REORDERED (sent after
    the next one), DELAY (`value` ms).
    """

    DELAY = "delay"
    DROP = "drop"
    CODE = "code"
    STATUS = "status"
    HTML = "html"
    TRUNCATED = "truncated"
    STALE = "stale"
    EMPTY = "empty"
    MISSING = "missing"
    DUPLICATE = "duplicate"
    REORDERED = "reordered"


class Fault(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """`commit`: a spoiled request is executed first, so the client cannot know its outcome from the answer.
    With DELAY the pushes then come before the answer.

    `times` is how often the fault strikes, 0 for always; `skip` how many matching requests or pushes pass before that.
    `status` limits a fault of the topic `order` to pushes with an order in this status.
    """

    where: str
    kind: Kind
    value: int = 0
    commit: bool = False
    symbol: str = ""
    category: str = ""
    status: str = ""
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0


Heard = Callable[[str, int, Fault], None]
"""Takes the place where a fault strikes, its number and the fault."""

ANYWHERE = "*"
_REMEMBERED = 1_000
_VALUES = {Kind.DELAY: (0, 3_600_000), Kind.STATUS: (200, 599), Kind.CODE: (-(2**31), 2**31)}
_ON_PUSHES = frozenset({Kind.MISSING, Kind.DUPLICATE, Kind.REORDERED})


@dataclass(slots=True, eq=False)
class _Standing:
    fault: Fault
    number: int
    passed: int = 0
    struck: int = 0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.fault.seed)  # noqa: S311 - no secret

    def matches(self, where: str, facts: Mapping[str, object]) -> bool:
        fault = self.fault
        if fault.where not in (ANYWHERE, where):
            return False
        limited = (
            ("symbol", fault.symbol),
            ("category", fault.category),
            ("orderStatus", fault.status),
        )
        return all(not wanted or wanted in _values(facts, name) for name, wanted in limited)

    def strikes(self) -> bool:
        self.passed += 1
        if self.passed <= self.fault.skip or self.chance.random() >= self.fault.probability:
            return False
        self.struck += 1
        return True

    def row(self) -> dict[str, object]:
        return {"number": self.number, "struck": self.struck, "fault": self.fault}

    @property
    def is_over(self) -> bool:
        return bool(self.fault.times) and self.struck >= self.fault.times


def _values(facts: Mapping[str, object], name: str) -> list[object]:
    """What facts have under a name, themselves or, of a batch, in one of its orders."""
    orders = (object_of(one) or EMPTY for one in list_of(facts.get("request")) or ())
    return [facts.get(name), *(order.get(name) for order in orders)]


class Faults:
    """The faults that are in force; the first one that matches and strikes is taken. The last ones that have struck as
    often as they were to are remembered. `heard` is called where one strikes.
    """

    def __init__(self, heard: Heard | None = None) -> None:
        self._heard = heard
        self._standing: list[_Standing] = []
        self._over: deque[_Standing] = deque(maxlen=_REMEMBERED)
        self._added = 0

    def add(self, fault: Fault) -> int:
        """Puts a fault in force; returns its number. Raises InvalidInput for numbers outside their bounds."""
        if not 0 <= fault.probability <= 1 or fault.times < 0 or fault.skip < 0:
            raise InvalidInput("a fault needs a probability from 0 to 1, and times and skip of at least 0")
        least, most = _VALUES.get(fault.kind, (0, 0))
        if fault.kind in _VALUES and not least <= fault.value <= most:
            raise InvalidInput(f"value of {fault.kind} must be from {least} to {most}")
        self._added += 1
        self._standing.append(_Standing(fault, self._added))
        return self._added

    def clear(self) -> None:
        """Ends every fault, and forgets those that are over."""
        self._standing.clear()
        self._over.clear()

    def end(self, number: int) -> None:
        """Ends the fault of this number. Raises InvalidInput where it is not in force."""
        standing = next((one for one in self._standing if one.number == number), None)
        if standing is None:
            raise InvalidInput(f"no fault {number} is in force")
        self._standing.remove(standing)
        self._over.append(standing)

    def listed(self) -> list[dict[str, object]]:
        """The faults in force, with the number of times that each has struck."""
        return [one.row() for one in self._standing]

    def over(self) -> list[dict[str, object]]:
        """Those that have struck as often as they were to, or were ended by their number; the oldest first."""
        return [one.row() for one in self._over]

    def of_request(self, path: str, params: Mapping[str, object]) -> Fault | None:
        """The fault that strikes a request to this path."""
        return self._struck(path, params, pushes=False)

    def of_push(self, topic: str, facts: Mapping[str, object]) -> Fault | None:
        """The fault that strikes a push of this topic whose first row is `facts`."""
        return self._struck(topic, facts, pushes=True)

    def _struck(self, where: str, facts: Mapping[str, object], *, pushes: bool) -> Fault | None:
        for one in self._standing:
            fits = one.fault.kind is Kind.DELAY or (one.fault.kind in _ON_PUSHES) is pushes
            if fits and one.matches(where, facts) and one.strikes():
                if one.is_over:
                    self.end(one.number)
                if self._heard is not None:
                    self._heard(where, one.number, one.fault)
                return one.fault
        return None
