"""The two arms of a log's entries: what was decided and traded in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.arithmetic import EXACT, ZERO
from domain.arms.split import Arm
from domain.log import Recorded
from domain.signal import DecisionMade, Verdict
from projections.trades import Trades

ARMS = (Arm.A, Arm.B)


@dataclass(frozen=True, slots=True)
class ArmRecord:
    """One arm: its decisions by verdict and by the version of the policy, and the closed trades of its entries.

    `net` and `fees` are sums in the account's currency, `net` after fees and funding. `open` are the trades that are
    not closed yet.
    """

    verdicts: Mapping[Verdict, int]
    policies: Mapping[int, int]
    trades: int
    wins: int
    open: int
    net: Decimal
    fees: Decimal

    @property
    def mean(self) -> Decimal | None:
        """The mean net result of a closed trade; None without one."""
        return self.net / self.trades if self.trades else None


@dataclass(slots=True)
class ArmBook:
    """Folds a log into its arms. An entry that added to a position has no result of its own: it is its opener's."""

    arm_of: dict[str, Arm] = field(default_factory=dict[str, Arm])
    verdicts: dict[Arm, Counter[Verdict]] = field(default_factory=lambda: {one: Counter() for one in ARMS})
    policies: dict[Arm, Counter[int]] = field(default_factory=lambda: {one: Counter() for one in ARMS})
    trades: Trades = field(default_factory=Trades)

    def take_all(self, events: Iterable[Recorded]) -> ArmBook:
        """Folds these events, and returns itself."""
        for recorded in events:
            self.trades.fold(recorded.envelope)
            event = recorded.envelope.event
            if isinstance(event, DecisionMade) and event.arm is not Arm.NONE:
                self.arm_of[recorded.envelope.meta.correlation_id] = event.arm
                self.verdicts[event.arm][event.verdict] += 1
                self.policies[event.arm][event.policy_version] += 1
        return self

    def record_of(self, arm: Arm) -> ArmRecord:
        """What became of the entries of this arm."""
        own = [one for one in self.trades.trades if self.arm_of.get(one.chain) is arm]
        closed = [one for one in own if one.closed_at is not None]
        net, fees = ZERO, ZERO
        for one in closed:
            net, fees = EXACT.add(net, one.net), EXACT.add(fees, one.fees)
        return ArmRecord(
            verdicts=self.verdicts[arm],
            policies=self.policies[arm],
            trades=len(closed),
            wins=sum(one.net > 0 for one in closed),
            open=len(own) - len(closed),
            net=net,
            fees=fees,
        )
