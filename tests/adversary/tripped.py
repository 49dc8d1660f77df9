"""A tape on which the kill switch is tripped over several positions and resting orders, and sums of the fills on it.

ABC and XYZ are traded by a strategy (long and short), QRS by a person, whose entry is filled in part and rests. A
reduce-only order of the person rests in XYZ. The switch is tripped at candle 8 by the person, or by itself, because the
position in ABC was stopped with a loss. The market then moves through the price of the resting entry, and strategy and
person try to enter. The person resets the switch at candle 16.

`python -m tests.adversary.tripped FOLDER ON_KILL BY EVENT` plays the tape on `FOLDER/whence.db`, and kills itself when
the first event of that name was recorded.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

from adapters.tapes import Tape
from commands.request import ClosePosition, ManualTerms, PlaceOrder, Request, ResetKillSwitch, TripKillSwitch
from domain.account import AccountOpened, BalanceChanged, KillSwitchReset, KillSwitchTripped
from domain.candle import Candle
from domain.direction import Side
from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced, OrderType
from domain.settings import OnDailyLoss, OnKill, SimulationSettings, StrategySettings
from domain.sizing.settings import SizingSettings
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.paper import PaperRun
from infra.run.plan import Plan, plan_of
from tests.infra.run.asking import Script
from tests.journeys.runs import EAGER
from tests.replacing import replace

D = Decimal
ABC, QRS, XYZ = (f"{symbol}USDT-LINEAR.BYBIT" for symbol in ("ABC", "QRS", "XYZ"))
SHARE = D("0.1")
CANDLES = 24
_STEP, _BEGUN = timedelta(minutes=5), datetime(2025, 4, 3, tzinfo=UTC)
_SAY = (
    "2 ABCUSDT LONG ENTER -5% 10%; 2 XYZUSDT SHORT ENTER 5% -10%; 10 ABCUSDT LONG ENTER -5% 10%; "
    "11 QRSUSDT LONG ENTER -5% 10%; 11 XYZUSDT LONG ENTER -5% 10%; 19 QRSUSDT LONG ENTER -5% 10%"
)


class By(StrEnum):
    """Who trips the switch."""

    PERSON = "PERSON"
    WIN_RATE = "WIN_RATE"
    DAILY_LOSS = "DAILY_LOSS"


def plan(on_kill: OnKill, by: By) -> Plan:
    """The plan of the tape; a single lost trade, of 0.2 % of the balance, trips the switch where it trips by itself."""
    rate = D("0.5") if by is By.WIN_RATE else D(0)
    daily: dict[str, Any] = (
        {"max_daily_loss": D("0.001"), "on_daily_loss": OnDailyLoss.TRIP} if by is By.DAILY_LOSS else {}
    )
    settings = replace(
        EAGER,
        strategies=(StrategySettings("scripted", {"say": _SAY}),),
        risk=replace(EAGER.risk, on_kill=on_kill, minimum_win_rate=rate, win_rate_window=1, **daily),
        sizing=SizingSettings(risk=D("0.002")),
        simulation=SimulationSettings(volume_share=SHARE),
    )
    tapes = [Tape(name, _STEP, candles(name, by)) for name in (ABC, QRS, XYZ)]
    return plan_of(tapes, "paper", D(10_000), D(5), settings)


def candles(instrument: str, by: By) -> tuple[Candle, ...]:
    """The candles of the instrument: flat, but for the moves that the module names."""
    return tuple(_candle(instrument, number, by) for number in range(CANDLES))


def _candle(instrument: str, number: int, by: By) -> Candle:
    price, low = {ABC: D("100.01"), QRS: D("20.01"), XYZ: D("50.01")}[instrument], D(0)
    if instrument == QRS and number >= 6:
        price = D("19.71") if number in (12, 13) else D("20.51")
    if instrument == ABC and number == 8 and by is not By.PERSON:
        low = D(90)
    return Candle(
        instrument=instrument,
        interval=_STEP,
        open_time=_BEGUN + number * _STEP,
        open=price,
        high=price + D("0.02"),
        low=low or price - D("0.02"),
        close=price,
        volume=D(40) if instrument == QRS and number == 5 else D(100_000),
    )


MINE = ManualTerms(
    instrument=QRS,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=D(10),
    limit_price=D("20.11"),
    stop=D("18.11"),
)
"""An entry of which 4 fill in candle 5, a tenth of its volume; the rest is below the market until candle 12."""
REDUCING = ManualTerms(
    instrument=XYZ,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=D(1),
    limit_price=D("46.01"),
    reduce_only=True,
)
TRIP, RESET = TripKillSwitch("enough for today"), ResetKillSwitch("looked into it")


def _always(request: Request) -> Callable[[PaperRun], Request]:
    return lambda _run: request


def script(by: By) -> Script:
    """What the person requests, by the number of the candle."""
    trips = [("trip", _always(TRIP))] if by is By.PERSON else []
    return {
        4: [("mine", _always(PlaceOrder(MINE)))],
        6: [("reducing", _always(PlaceOrder(REDUCING)))],
        8: [*trips, ("barred", _always(PlaceOrder(MINE)))],
        9: [("barred-too", _always(PlaceOrder(replace(MINE, type=OrderType.MARKET, limit_price=None))))],
        15: [("silent", _always(ResetKillSwitch("  ")))],
        16: [("reset", _always(RESET))],
        17: [("close", _always(ClosePosition(f"{QRS}-LONG-1", "done")))],
    }


@dataclass
class Sums:
    """What the fills add up to, in fractions, by the rules of a linear contract with an average entry price."""

    balance: Fraction = Fraction(0)
    stated: Fraction = Fraction(0)
    held: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    cost: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    grown: list[str] = field(default_factory=list[str])
    """The instruments of the fills that added exposure while the switch was tripped."""
    _terms: dict[str, OrderPlaced] = field(default_factory=dict[str, OrderPlaced])
    _tripped: bool = False

    def read(self, events: Iterable[Envelope]) -> Sums:
        """Adds these events; returns this object."""
        for one in events:
            self._take(one)
        return self

    def _take(self, one: Envelope) -> None:
        match one.event:
            case AccountOpened(balance=balance):
                self.balance = self.stated = Fraction(balance)
            case BalanceChanged(amount=amount):
                self.stated += Fraction(amount)
            case KillSwitchTripped() | KillSwitchReset():
                self._tripped = isinstance(one.event, KillSwitchTripped)
            case OrderPlaced():
                self._terms[one.meta.stream] = one.event
            case OrderFilled():
                self._fill(self._terms[one.meta.stream], one.event)
            case _:
                pass

    def _fill(self, terms: OrderPlaced, fill: OrderFilled) -> None:
        name, price = terms.instrument, Fraction(fill.price)
        signed = Fraction(fill.quantity) * (1 if terms.side is Side.BUY else -1)
        held, cost = self.held.get(name, Fraction(0)), self.cost.get(name, Fraction(0))
        self.balance -= Fraction(fill.fee)
        if held * signed >= 0:
            self.held[name], self.cost[name] = held + signed, cost + signed * price
            self.grown += [name] if self._tripped else []
            return
        average = cost / held
        self.balance += signed * (average - price)
        self.held[name], self.cost[name] = held + signed, cost + signed * average


def main(folder: str, on_kill: str, by: str, event: str) -> None:
    """See the module's docstring."""
    from tests.infra.run.asking import ask

    def seen(envelope: Envelope) -> None:
        if type(envelope.event).__name__ == event:
            os.kill(os.getpid(), signal.SIGKILL)

    requests = script(By(by))
    with closing(open_owned(WhenceSettings(log=f"sqlite:///{Path(folder) / 'whence.db'}"))) as log:
        run = PaperRun(plan(OnKill(on_kill), By(by)), log, seen)
        for number, _instant in enumerate(run.instants()):
            for key, make in requests.get(number, ()):
                ask(run, key, make(run))


if __name__ == "__main__":
    main(*sys.argv[1:])
