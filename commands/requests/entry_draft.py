"""A draft of a strategy's next entry: its size, its costs, and what would keep it out, as the engine computes them."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from commands.door import Drafted
from commands.request import ManualTerms, OutsideSignal
from commands.requests.signals import measured
from commands.requests.situation import Situation
from domain.arithmetic import EXACT, FLOOR
from domain.committees import decide
from domain.committees.plan import plan
from domain.direction import Direction, Side
from domain.entry import entry_of
from domain.errors import InvalidInput
from domain.order import OrderType
from domain.signal import SignalDetected, Verdict
from domain.strategies import Intent

_SIDES = {Direction.LONG: Side.BUY, Direction.SHORT: Side.SELL}


def draft_entry(command_id: str, given: OutsideSignal, situation: Situation) -> Drafted:
    """The entry that this signal would make if a scanner raised it now, in the instrument that it names.

    Its quantity is that of the sizing rule of its strategy, 0 where none can be traded. `warnings` are the reasons of a
    decision to skip it, and those of a cut size. No cheapest instrument is chosen, which happens to a strategy's own
    proposals alone.

    Raises InvalidInput for a signal that enters nothing, has a price that is not above 0 or an input that the engine
    measures, InstrumentNotListed, and RefusedForNow without a price.
    """
    view = situation.view(situation.rules(given.instrument))
    signal = measured(_now(given.detected(), situation), situation)
    planned = plan(entry_of(signal), view)
    decided = decide(signal, view, situation.identity.policy)
    reasons = () if decided.verdict is Verdict.ENTER else decided.reasons
    sized = planned.sized
    return Drafted(
        command_id=command_id,
        terms=ManualTerms(
            instrument=signal.instrument,
            side=_SIDES[signal.direction],
            type=OrderType.MARKET,
            quantity=sized.quantity,
            stop=planned.stop,
            target=planned.target,
        ),
        price=signal.price,
        notional=planned.notional,
        margin=planned.margin,
        fee=EXACT.multiply(planned.notional, planned.rules.taker_fee),
        risk=planned.risk,
        warnings=tuple(dict.fromkeys((*reasons, *sized.reasons, *sized.cuts))),
    )


def _now(signal: SignalDetected, situation: Situation) -> SignalDetected:
    """The signal at the last price and at this time."""
    if signal.intent is not Intent.ENTER:
        raise InvalidInput("only a signal that enters has a size; this one exits")
    if not signal.price > 0:
        raise InvalidInput(f"the price of a signal is above 0, not {signal.price}")
    last = situation.last_price(signal.instrument)

    def moved(level: Decimal) -> Decimal:
        return FLOOR.divide(EXACT.multiply(level, last), signal.price)

    return replace(
        signal,
        price=last,
        stop=moved(signal.stop),
        target=moved(signal.target),
        candle_closed_at=situation.at,
    )
