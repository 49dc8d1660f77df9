"""Events that an input leads to and that the recalled log does not hold: then the market is not the recorded one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from commands.identity import Identity
from commands.stimulus import Ask, Stimulus
from commands.unit import decide
from commands.world import Branch
from domain.errors import TapeMismatch
from domain.log import Envelope, is_outside_fact
from domain.order import Closed, Working
from domain.streams import order_stream


def check_recorded(stimulus: Stimulus, taken: Sequence[Envelope], branch: Branch, identity: Identity) -> None:
    """Raises TapeMismatch for an ask that leads to events of which the log holds none.

    `taken` are the recorded events of the stimulus, `branch` is the state before them. The log holds later events, so
    nothing of this stimulus can be missing at its end. An ask that leads to no event, such as a repeated report, is in
    no log. Recorded events are not compared with those that would be decided today.
    """
    held = {envelope.meta.causation_id for envelope in taken}
    if all(ask.cause in held for ask in stimulus.asks):
        return
    left = deque(taken)
    for ask in stimulus.asks:
        if ask.cause in held:
            _fold(ask.cause, left, branch)
        else:
            _check_leads_to_nothing(ask, stimulus, branch, identity)


def _fold(cause: str, left: deque[Envelope], branch: Branch) -> None:
    """Folds the events that followed from this cause."""
    while left and _follows(left[0].meta.causation_id, cause):
        branch.fold(left.popleft())


def _follows(found: str, cause: str) -> bool:
    return found == cause or not is_outside_fact(found)


def _check_leads_to_nothing(ask: Ask, stimulus: Stimulus, branch: Branch, identity: Identity) -> None:
    before = len(branch.envelopes)
    unit = decide(branch, Stimulus(stimulus.at, (ask,)), identity)
    followed = [type(envelope.event).__name__ for envelope in unit.envelopes[before:]]
    if followed:
        raise TapeMismatch(
            f"at {ask.occurred_at:%Y-%m-%d %H:%M:%S} UTC this tape leads to {_named(ask, branch, identity)}, from "
            f"which {', '.join(followed)} would follow, and the log holds nothing of it: a candle was changed after it "
            "was played, or was played before it was complete; play the tape this log was made from, or begin another "
            "log"
        )


def _named(ask: Ask, branch: Branch, identity: Identity) -> str:
    """The report with its order and instrument, such as `Filled of order x-s1 on BTCUSDT-LINEAR.BYBIT`."""
    command = ask.command
    kind, order_id = type(command).__name__, getattr(command, "order_id", None)
    if not isinstance(order_id, str):
        return f"{kind} on {getattr(command, 'stream', identity.account)}"
    order = branch.state(order_stream(identity.account, order_id))
    where = f" on {order.terms.instrument}" if isinstance(order, Working | Closed) else ""
    return f"{kind} of order {order_id}{where}"
