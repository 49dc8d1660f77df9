"""A desk: the real engine and driver, a log in a list, and an exchange that only stores the requests sent to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from commands.account import OpenAccount, TurnDay
from commands.breaker import CallReport
from commands.driver import Driver
from commands.engine import Engine
from commands.exchange import AnyReport, Filled, Funded, Liquidated, OrderEntry
from commands.features import READERS, Readers
from commands.guarding import Guard
from commands.identity import ENGINE, Identity
from commands.inputs import Input, MarketMoved, Reported
from commands.instrument import ListInstrument
from commands.leverage import LeverageReport
from commands.opening import OpenLog
from commands.recall import NOTHING_TO_RECALL, Recall
from commands.routes import Command
from commands.scorer import NO_SCORER, Scorer
from commands.sender import Sender
from commands.settings import ChangeSettings
from commands.signal import RaiseSignal
from commands.stimulus import Ask, Stimulus
from commands.watching import Instance
from commands.world import World
from domain.direction import Side
from domain.log import Envelope, chain_id
from domain.opening import LogOpened, Mode
from domain.order import Liquidity
from domain.settings import Settings
from domain.signal import SignalDetected
from tests.commands.list_log import ListLog
from tests.commands.mailbox import Mailbox
from tests.domain.history import ACCOUNT, BTC, ETH, LOG_ID, NOW, D, a_signal, an_instrument
from tests.replacing import replace

FEE = D("0.05")
IDENTITY = Identity(LOG_ID, ACCOUNT, "test")
OPENING: tuple[Command, ...] = (
    OpenLog(LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape="a test", synthetic=True)),
    OpenAccount("USDT", D(10_000), D(5)),
    TurnDay(NOW.date().isoformat()),
    ListInstrument(an_instrument(BTC)),
    ListInstrument(an_instrument(ETH)),
)


class Desk:
    """Each step is one stimulus, one second after the previous step. The log begins at `NOW`."""

    def __init__(
        self,
        log: ListLog | None = None,
        *,
        recalling: bool = False,
        scorer: Scorer = NO_SCORER,
        readers: Readers = READERS,
        instances: Sequence[Instance] = (),
    ) -> None:
        self.log = ListLog() if log is None else log
        self.exchange = Mailbox(self.log)
        recall = Recall(self.log.read()) if recalling else NOTHING_TO_RECALL
        self.recorded: list[Envelope] = []
        engine = Engine(
            World(),
            IDENTITY,
            since=NOW,
            recall=recall,
            scorer=scorer,
            readers=readers,
            instances=instances,
        )
        self.at, self.append_takes = NOW, timedelta()
        self.driver = self._driver(engine, self.exchange)

    @property
    def world(self) -> World:
        return self.driver.engine.world

    def opened(self, settings: Settings | None = None) -> Self:
        commands = (*OPENING, ChangeSettings(settings or Settings()))
        self.handle(self.stimulus(*commands, cause="command:open", actor="a person"))
        self.at += timedelta(seconds=1)
        return self

    def ask(self, *commands: Command, cause: str, actor: str = "a person") -> list[Envelope]:
        self.at += timedelta(seconds=1)
        return self.handle(self.stimulus(*commands, cause=cause, actor=actor))

    def handle(self, given: Input) -> list[Envelope]:
        """Handles the input; returns the recorded events."""
        before = len(self.recorded)
        self.driver.handle(given)
        return self.recorded[before:]

    def stimulus(self, *commands: Command, cause: str, actor: str = ENGINE) -> Stimulus:
        return Stimulus(
            self.at,
            tuple(
                Ask(command=command, cause=cause, occurred_at=self.at, actor=actor) for command in commands
            ),
        )

    def recall(self, until: datetime) -> list[Envelope]:
        """Recalls the requests that the log holds up to this time; returns their events."""
        before, self.at = self.at, until
        recorded = self.handle(MarketMoved(until, ()))
        self.at = until if recorded else before
        return recorded

    def see(self, *signals: SignalDetected) -> list[Envelope]:
        """Detects signals of candles that close now, at most one signal for each instrument."""
        self.at += timedelta(seconds=1)
        asks = [self._detect(replace(signal, candle_closed_at=self.at)) for signal in signals]
        return self.handle(Stimulus(self.at, tuple(asks)))

    def tell(self, *reports: AnyReport | CallReport | LeverageReport) -> list[Envelope]:
        self.at += timedelta(seconds=1)
        return self.handle(Reported(self.at, reports))

    def sends_to(self, exchange: OrderEntry) -> None:
        """Sends further orders to this exchange."""
        self.driver = self._driver(self.driver.engine, exchange)

    def _driver(self, engine: Engine, exchange: OrderEntry) -> Driver:
        guard = Guard(engine.world, engine.market)
        return Driver(engine, self.log, Sender(exchange, self._clock, guard), self.recorded.append)

    def _clock(self) -> datetime:
        return self.at + self.append_takes

    def _detect(self, signal: SignalDetected) -> Ask:
        fact = f"candle:{signal.instrument}:300:{self.at.isoformat()}"
        chain = chain_id(LOG_ID, ACCOUNT, fact)
        return Ask(
            command=RaiseSignal(chain, signal), cause=fact, occurred_at=self.at, actor=ENGINE, chain=chain
        )


def names(envelopes: list[Envelope]) -> list[str]:
    return [type(envelope.event).__name__ for envelope in envelopes]


def chain_of(envelopes: list[Envelope]) -> str:
    (chain,) = {envelope.meta.correlation_id for envelope in envelopes}
    return chain


def long(**changed: Any) -> SignalDetected:
    """A signal that both committees approve on a fresh desk."""
    return a_signal(**changed)


def a_fill_of(
    order_id: str,
    execution_id: str,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal = FEE,
    at: datetime = NOW,
) -> Filled:
    fact = f"exchange:test:{execution_id}"
    return Filled(
        order_id=order_id,
        at=at,
        fact=fact,
        execution_id=execution_id,
        price=price,
        quantity=quantity,
        fee=fee,
        fee_currency="USDT",
        liquidity=Liquidity.TAKER,
    )


def funding(name: str, amount: Decimal, instrument: str = BTC) -> Funded:
    return Funded(instrument=instrument, at=NOW, fact=f"exchange:test:{name}", amount=amount)


def liquidation(name: str, side: Side, quantity: Decimal, price: Decimal) -> Liquidated:
    return Liquidated(
        instrument=BTC,
        at=NOW,
        fact=f"exchange:test:{name}",
        side=side,
        execution_id=name,
        price=price,
        quantity=quantity,
        fee=D("0.5"),
        fee_currency="USDT",
    )


@dataclass(frozen=True)
class Snapshot:
    """A copy of a world's values, to be compared with the world later."""

    states: dict[str, Any]
    versions: dict[str, int]
    chains: dict[str, str]
    taken_facts: set[str]
    portfolio: object
    ordinal: int


def snapshot(world: World) -> Snapshot:
    return Snapshot(
        dict(world.states),
        dict(world.versions),
        dict(world.chains),
        set(world.taken_facts),
        world.portfolio,
        world.ordinal,
    )


def folded(log: ListLog) -> Snapshot:
    return snapshot(World().fold_all(log.envelopes))
