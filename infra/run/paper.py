"""Paper trading on a tape: recorded candles, the simulated exchange, the tape's clock, any log.

Started again, it plays the tape from its first candle and takes from the log whatever the log already holds
(`commands/recall.py`), so that it goes on where the log ends and the log is the same as without the stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from adapters.simulated import SimulatedExchange, SimulationRules
from adapters.tapes import Tape, merge
from commands.account import OpenAccount, decide
from commands.door import Answer, Door
from commands.effects import Effects
from commands.engine import Engine
from commands.exchange import Exchange
from commands.handler import ENGINE, Handler, Identity
from commands.instrument import ListInstrument
from commands.mailbox import Mailbox
from commands.observer import Observer
from commands.opening import OpenLog
from commands.recall import Recall
from commands.request import Requested
from commands.routes import Command
from commands.settings import ChangeSettings
from commands.signal import RaiseSignal
from commands.stimulus import Ask, Stimulus
from commands.world import World
from domain.account import UNOPENED
from domain.arithmetic import EXACT
from domain.candle import Candle, cause_of
from domain.catalogue import on_the_market, rules_for
from domain.errors import InvalidInput, InvalidSettings, StrategyFailed, TapeMismatch
from domain.instrument import Instrument
from domain.log import Envelope, EventLog, chain_id
from domain.opening import LogOpened
from domain.opposed import is_worth_saying
from domain.settings import Settings, SimulationSettings
from domain.signal import SignalDetected
from domain.strategies import Proposal, Strategy, Watcher
from infra.run.books import Books
from infra.run.clock import utc_now
from infra.run.tape_log import Stake, opening_of
from infra.trading import strategy_of

SOURCE = "paper"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run is made of; equal plans make equal logs. `instruments` are in order of their ids."""

    tapes: Sequence[Tape]
    account: str
    stake: Stake
    settings: Settings
    strategies: Sequence[Strategy]
    instruments: Sequence[Instrument]
    opening: LogOpened


def plan_of(
    tapes: Sequence[Tape], account: str, balance: Decimal, leverage: Decimal, settings: Settings
) -> Plan:
    """Fills in what follows from tapes and settings: the instruments' rules, the currency, the log's opening.

    Whatever is wrong with a plan shows here, before there is a log. Raises InvalidInput where two tapes are of one
    instrument or the instruments have no currency in common, InvalidSettings for a strategy that is not there, is
    there twice or does not take its parameters, and for what the simulated exchange does not offer.
    """
    ordered = sorted(tapes, key=lambda tape: tape.instrument)
    instruments = [_rules_of(tape) for tape in ordered]
    stake = Stake(_currency_of(instruments), _plain(balance), _plain(leverage))
    strategies = [strategy_of(one) for one in settings.strategies]
    _check_distinct(strategies)
    opening = opening_of(ordered, account, stake, settings, instruments)
    plan = Plan(ordered, account, stake, settings, strategies, instruments, opening)
    _check_playable(plan)
    return plan


def _rules_of(tape: Tape) -> Instrument:
    tick = tick_seen(tape)
    return on_the_market(rules_for(tape.instrument, tick), tick)


def _account_of(stake: Stake) -> OpenAccount:
    return OpenAccount(stake.currency, stake.balance, stake.leverage)


def _plain(amount: Decimal) -> Decimal:
    """5.0 and 5 are one leverage, and lead to one log."""
    return Decimal(format(amount.normalize(EXACT), "f"))


def _check_distinct(strategies: Sequence[Strategy]) -> None:
    """A signal is named after its candle and its strategy: of two with one name the first would never be heard."""
    twice = sorted(name for name, count in Counter(one.name for one in strategies).items() if count > 1)
    if twice:
        raise InvalidSettings(
            f"trading.strategies: more than one is called {', '.join(twice)}; name each strategy once"
        )


def _check_playable(plan: Plan) -> None:
    merge(plan.tapes)
    simulated(plan)
    decide(_account_of(plan.stake), UNOPENED)


def tick_seen(tape: Tape) -> Decimal:
    """The finest price step the tape's first candle shows: what comes later is not known yet when trading begins."""
    first = tape.candles[0]
    return Decimal(1).scaleb(min(map(_places, (first.open, first.high, first.low, first.close))))


def _places(price: Decimal) -> int:
    exponent = price.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0


class PaperRun:
    """One run of one plan against one log."""

    def __init__(
        self,
        plan: Plan,
        log: EventLog,
        seen: Callable[[Envelope], None],
        plug: Callable[[Exchange], Exchange] = lambda exchange: exchange,
        observer: Observer | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`seen` is shown every event once, recalled ones too; `plug` may put something before the exchange.

        `observer` sees every candle, and every unit of work but those that are recalled. `clock` tells until when a
        person's request is valid; whatever is recorded goes by the tape's clock.

        Raises TapeMismatch where the log was begun by another plan.
        """
        self._plan = plan
        self._seen = seen
        self._begins = min(tape.candles[0].open_time for tape in plan.tapes)
        self._opening = plan.opening
        _check_same(log, self._opening)
        self._exchange = simulated(plan)
        self._recall = Recall(log.read())
        identity = Identity(self._opening.log_id, plan.account, SOURCE)
        effects = Effects(plug(self._exchange))
        self.handler = Handler(log, World(), identity, effects, self._recall, observer)
        self._observer = observer
        self._mailbox = Mailbox()
        self._books = Books(self.handler, seen)
        self._engine = Engine(self.handler, self._books.handle, clock)
        self._now, self._prices = self._begins, dict[str, Decimal]()
        self._watchers: dict[str, list[tuple[Strategy, Watcher]]] = {
            tape.instrument: [(strategy, strategy.watch()) for strategy in plan.strategies]
            for tape in plan.tapes
        }

    @property
    def recalling(self) -> bool:
        """True while the log still holds what the tape is leading to."""
        return not self._recall.is_over

    @property
    def door(self) -> Door:
        """Where people's requests go in, from any thread; they are answered between two instants."""
        return self._mailbox

    def instants(self) -> Iterator[tuple[datetime, int]]:
        """Plays the tape; yields each close time and how many candles closed then, when all of it is recorded.

        Between two instants it answers what was asked at the door, recorded at the tape's instant. Raises TapeMismatch
        where the log holds what this tape does not lead to, and what the log raises; whoever waits at the door is
        told then. After the last instant `attend` goes on answering.
        """
        try:
            yield from self._played()
        except Exception as fault:
            self.close(f"the engine stopped: {fault}")
            raise

    def attend(self, patience: float = 0) -> int:
        """Answers what was asked at the door, and what is asked there within `patience` seconds; returns how many.

        While the log is being taken up again nobody is answered: the state of the log's end is not known yet.
        """
        if self.recalling:
            return 0
        return self._mailbox.answer_all(self._answer, patience)

    def close(self, why: str = "the engine has stopped") -> None:
        """Answers no more requests: whoever waits at the door, or comes there, is told why; idempotent."""
        self._mailbox.close(why)

    def _answer(self, requested: Requested) -> Answer:
        return self._engine.answer(requested, self._now, self._prices)

    def _played(self) -> Iterator[tuple[datetime, int]]:
        self._open()
        self._recalled_commands(self._begins)
        day = ""
        for at, candles in merge(self._plan.tapes):
            reports, today = self._exchange.on_candles(candles), at.date().isoformat()
            if today != day:
                reports, day = self._books.turn(at, reports, self._begins), today
            self._books.report(at, reports)
            for candle in candles:
                self._look(candle, at)
            self._show(at, candles)
            self._recalled_commands(at)
            self.attend()
            yield at, len(candles)
        if self.recalling:
            raise TapeMismatch(
                "the log goes on after this tape's last candle; play the longer tape, or begin another log "
                "where somebody has traded by hand on this one since"
            )

    def _show(self, at: datetime, candles: Sequence[Candle]) -> None:
        self._now = at
        self._prices.update((candle.instrument, candle.close) for candle in candles)
        if self._observer is not None:
            for candle in candles:
                self._observer.saw(candle.instrument, candle.close, candle.close_time)

    def _open(self) -> None:
        plan = self._plan
        at = self._begins
        commands: list[Command] = [
            OpenLog(self._opening),
            _account_of(plan.stake),
            ChangeSettings(plan.settings),
            *(ListInstrument(instrument) for instrument in plan.instruments),
        ]
        cause = f"command:open-{self._opening.log_id}"
        self._books.handle(
            Stimulus(
                at,
                tuple(
                    Ask(command=command, cause=cause, occurred_at=at, actor=ENGINE) for command in commands
                ),
            )
        )

    def _look(self, candle: Candle, at: datetime) -> None:
        proposals = {
            strategy.name: proposal
            for strategy, watcher in self._watchers[candle.instrument]
            if (proposal := _said(strategy, watcher, candle)) is not None
            and is_worth_saying(proposal, strategy.name, self.handler.world.portfolio)
        }
        if proposals:
            asks = (self._ask(name, proposal, candle) for name, proposal in proposals.items())
            _check_same_price(candle, self._books.handle(Stimulus(at, tuple(asks))))

    def _ask(self, strategy: str, proposal: Proposal, candle: Candle) -> Ask:
        fact = cause_of(candle)
        signal_id = chain_id(self._opening.log_id, self._plan.account, f"{fact}/{strategy}")
        command = RaiseSignal(signal_id, _signal(proposal, candle))
        return Ask(command=command, cause=fact, occurred_at=candle.close_time, actor=ENGINE, chain=signal_id)

    def _recalled_commands(self, at: datetime) -> None:
        """What people asked for behind this instant: they are answered when all of it is recorded."""
        while self.recalling and (envelopes := self.handler.recall_commands(at)):
            for envelope in envelopes:
                self._seen(envelope)


def simulated(plan: Plan) -> SimulatedExchange:
    """The exchange that the plan's settings describe."""
    return SimulatedExchange(
        instruments={instrument.id: instrument for instrument in plan.instruments},
        currency=plan.stake.currency,
        balance=plan.stake.balance,
        leverage=plan.stake.leverage,
        rules=rules_of(plan.settings.simulation),
        seed=plan.settings.simulation.seed,
    )


def rules_of(simulation: SimulationSettings) -> SimulationRules:
    """The rules that the settings describe. Raises InvalidSettings for some that contradict each other."""
    return SimulationRules(
        slippage=simulation.slippage,
        slippage_jitter=simulation.slippage_jitter,
        volume_share=simulation.volume_share,
        latency=timedelta(milliseconds=simulation.latency_ms),
    )


def _said(strategy: Strategy, watcher: Watcher, candle: Candle) -> Proposal | None:
    """A strategy that fails has no view any more that could be trusted: the run ends, and nothing of it is recorded."""
    try:
        proposal = watcher.on_candle(candle)
    except Exception as fault:
        raise StrategyFailed(
            f"strategy {strategy.name} failed on {cause_of(candle)}: {type(fault).__name__}: {fault}"
        ) from fault
    return _own(strategy, proposal, candle)


def _own(strategy: Strategy, proposal: Proposal | None, candle: Candle) -> Proposal | None:
    """The proposal itself, which is judged and sized by these figures; a stranger's strategy may have mixed them up."""
    if proposal is None:
        return None
    said = (proposal.strategy, proposal.instrument, proposal.interval, proposal.price)
    asked = (strategy.name, candle.instrument, candle.interval, candle.close)
    if said != asked:
        raise InvalidInput(
            f"strategy {strategy.name} proposed {_told(said)} when it was shown {_told(asked)}: "
            "a proposal names its strategy, and the instrument, interval and close of the candle it was said at"
        )
    return proposal


def _told(figures: Sequence[object]) -> str:
    return " ".join(str(figure) for figure in figures)


def _signal(proposal: Proposal, candle: Candle) -> SignalDetected:
    return SignalDetected(
        strategy=proposal.strategy,
        instrument=proposal.instrument,
        interval_seconds=int(proposal.interval.total_seconds()),
        candle_closed_at=candle.close_time,
        direction=proposal.direction,
        intent=proposal.intent,
        confidence=proposal.confidence,
        trend=proposal.trend,
        price=proposal.price,
        stop=proposal.stop,
        target=proposal.target,
        inputs=proposal.inputs,
    )


def _check_same_price(candle: Candle, envelopes: Sequence[Envelope]) -> None:
    """A signal taken from the log was said on the candle of this tape, or the tape is another one."""
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, SignalDetected) and event.price != candle.close:
            raise TapeMismatch(
                f"the log holds a signal on {event.instrument} at {event.price} when {event.candle_closed_at} came, "
                f"where this tape says {candle.close}; play the tape this log was made from, or begin another log"
            )


def _check_same(log: EventLog, opening: LogOpened) -> None:
    first = next(log.read(upto=1), None)
    if first is None:
        return
    found = first.envelope.event
    if not isinstance(found, LogOpened):
        raise InvalidInput(f"this log does not begin with LogOpened but with {type(found).__name__}")
    if found.log_id != opening.log_id:
        differs = "the settings, the account or its stake" if found.tape == opening.tape else "the tape"
        raise TapeMismatch(
            f"this log was made by another run: {differs} differ{'s' if differs == 'the tape' else ''}; "
            "choose another log with --log, or play what this one was made from"
        )


def _currency_of(instruments: Sequence[Instrument]) -> str:
    quotes = {instrument.quote: instrument.id for instrument in instruments}
    if len(quotes) > 1:
        told = ", ".join(f"{name} in {quote}" for quote, name in quotes.items())
        raise InvalidInput(f"one account has one currency, but {told}; trade them in runs of their own")
    return next(iter(quotes))
