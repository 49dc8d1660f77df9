"""The engine: market events, exchange reports, requests and ticks go in; units of work come out.

The engine reads no clock, file, socket or thread. Every input has a time, and the result depends only on the inputs,
their order, and what its scorer returns, which the tape of inputs holds (`commands/scorer.py`). The same inputs give
the same log, in every mode (`infra/run`).

    for unit in engine.process(given):     # a driver does this, see `commands/driver.py`
        log.append(unit.envelopes)         # skipped where the log holds them already
        engine.confirm(unit)               # the state changes here
        sender.send(unit)                  # orders are sent only after that
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from math import isclose
from typing import Any

from msgspec import Struct

from commands import answering, day, requests, starting
from commands.book_reads import BookReads
from commands.breaker import CallReport
from commands.door import Answer
from commands.exchange import AnyReport
from commands.features import READERS, Features, Readers
from commands.foreseeing import foreseen
from commands.grid_ends import grid_ends, left_at
from commands.held_back import holds_back, withdrawals
from commands.identity import ENGINE, Identity
from commands.inputs import Input, MarketMoved, Relisted, Reported, RequestMade, Started, Tick, Warmed
from commands.leverage import LeverageReport
from commands.leveraging import Leveraging
from commands.managing import Managing, managed_by_market, managed_by_time
from commands.manipulating import are_suspected, suspicions
from commands.marking import Marking
from commands.pausing import earliest_end, pauses_over
from commands.recall import NOTHING_TO_RECALL, Recall
from commands.regimes import Regimes
from commands.reports import stimuli
from commands.reprotecting import Reprotecting
from commands.requests import Situation
from commands.retrying import is_closing, retries
from commands.scorer import NO_SCORER, NO_SCORES, Scorer, Scores, ScoreWanted
from commands.series import RunningSeries
from commands.signal import EndSeries, RaiseSignal
from commands.stimulus import Ask, Stimulus
from commands.unit import Unit, decide
from commands.unrecorded import check_recorded
from commands.venues import where_cheapest, where_exposed
from commands.watching import Instance, Sighting, Watch
from commands.world import Branch, World
from domain.account import Account
from domain.candle import Candle
from domain.earlier_rows import rows_before
from domain.errors import InvalidInput, Refused, TapeMismatch
from domain.filters.returns import Returns
from domain.leverage.reader import changes_on as leverage_changes_on
from domain.leverage.settings import FIXED_LEVERAGE, LeverageSettings
from domain.limits.holdings import holdings
from domain.limits.hourly import HourlyReturns
from domain.log import Envelope, Recorded, chain_id
from domain.management.idle import Idle
from domain.mark import AccountMarked
from domain.market import BookReading, MarketEvent, MarketView
from domain.opposed import is_worth_recording
from domain.portfolio import Portfolio
from domain.regimes.reader import changes_on
from domain.regimes.settings import NO_REGIMES, RegimeSettings
from domain.signal import SeriesEnded, SignalDetected
from domain.strategies import Intent
from domain.streams import signal_stream
from domain.venues.choice import VenueChoice

Work = Generator[Unit, None, Answer | None]
"""The units of one input, in order. Each unit is decided on the state after the previous unit. If the input is a
request, the generator returns the answer."""


_A_DAY = timedelta(days=1)
_SERIES = "/series"
"""What follows a signal's fact in the fact from which the id of a series is made."""
_NO_UNITS: tuple[Unit, ...] = ()
NO_WORK: Work = (unit for unit in _NO_UNITS)
"""The work of an input without consequences: an exhausted generator, shared by all such inputs, so that the driver
recognises it and most candles end there."""


class Engine:
    """One account's engine. Public state: `world`, folded from the log, and `market`, the last prices."""

    def __init__(
        self,
        world: World,
        identity: Identity,
        *,
        since: datetime,
        instances: Sequence[Instance] = (),
        regimes: RegimeSettings = NO_REGIMES,
        leverage: LeverageSettings = FIXED_LEVERAGE,
        recall: Recall = NOTHING_TO_RECALL,
        marks: bool = True,
        scorer: Scorer = NO_SCORER,
        readers: Readers = READERS,
    ) -> None:
        """`since` is the start of this market (UTC); the first trading day does not begin before `since`.

        Without `marks` no hour is marked: the candles of a market at rest are of no feed.

        `scorer` returns the scores of entries while models are in force, `readers` make the features that these read.

        With a `recall`, the engine takes the events that the log holds for an input from the log, and decides nothing.
        """
        self.world, self.identity, self.market = world, identity, MarketView()
        self._since, self._watch, self._recall = since, Watch(instances), recall
        self._instances = instances
        self._returns = _returns_for(instances)
        self._hourly: HourlyReturns | None = None
        self._regime_settings = regimes
        self._regimes = Regimes(regimes, identity) if regimes.is_on else None
        self._leverage_settings = leverage
        self._leveraging = Leveraging(leverage, identity) if leverage.is_on else None
        self._marking, self._marks = Marking(), marks
        self._series, self._books = RunningSeries(), BookReads()
        self._left: set[str] = set()
        self._reprotecting = Reprotecting()
        self._scorer, self._features = scorer, Features(readers)
        self._managing = Managing()
        self._confirmed: Unit | None = None
        self._open_until = since
        self._steps: Mapping[type, Callable[[Any], Work]] = {
            MarketMoved: self._market_moved,
            Reported: self._reported,
            RequestMade: self._requested,
            Tick: self._ticked,
            Started: self._started,
            Relisted: self._relisted,
            Warmed: self._warmed,
            Stimulus: self._commanded,
        }

    @property
    def recalling(self) -> bool:
        """Whether the log still holds events to be recalled."""
        return not self._recall.is_over

    @property
    def unmarked_until(self) -> datetime | None:
        """Up to when the log has no marks, because an earlier version recorded that part; None if it has all marks."""
        return self._recall.unmarked_until

    @property
    def unprotected_for_good(self) -> Collection[str]:
        """The streams of the positions whose stop is not placed again; see `Reprotecting.given_up`."""
        return self._reprotecting.given_up

    @property
    def latest_mark(self) -> AccountMarked | None:
        """The account at the last candle, also if its hour is not over; None before the first candle."""
        return self._marking.latest()

    def foresee(self, tapes: Sequence[Sequence[Candle]]) -> Collection[datetime] | None:
        """Takes all candles of each instrument before the first one: returns the closes at which strategies propose,
        and those at which the regime or the step of the leverage changes.

        None where a strategy cannot say; see `commands/foreseeing.py`. Call it before any candle is processed.
        """
        found = [(candles[0].instrument, foreseen(self._instances, candles)) for candles in tapes]
        closes: set[datetime] = set()
        for _instrument, proposals in found:
            if proposals is None:
                return None
            closes.update(proposals)
        for instrument, proposals in found:
            self._watch.foresee(instrument, proposals or {})
        if self._regimes is not None:
            for candles in tapes:
                closes.update(one.close_time for one in changes_on(self._regime_settings, candles))
        if self._leveraging is not None:
            for candles in tapes:
                changes = leverage_changes_on(self._leverage_settings, candles)
                closes.update(one.close_time for one in changes)
        return closes

    @property
    def idle_before(self) -> datetime | None:
        """Candles that close before this time lead to nothing if no strategy proposes at them and no report comes.

        None where every candle may lead to something.
        """
        portfolio = self.world.portfolio
        if not self._recall.is_over or self._waits_at_any_price(portfolio):
            return None
        managed = self._managing.idle(self.world)
        if managed is None:
            return None
        if self._regimes is not None and self._regimes.due(portfolio.regimes):
            return None  # of candles that were read before the log was opened
        ends = earliest_end(portfolio.pauses) if portfolio.pauses else None
        until = self._open_until if ends is None else min(self._open_until, ends)
        for one in managed.values():
            until = until if one.until is None else min(until, one.until)
        if self._leveraging is not None:
            earliest = self._leveraging.idle_before(portfolio)
            until = until if earliest is None else min(until, earliest)
        return min(until, self._marking.hour_ends) if self._marks else until

    @property
    def idle_prices(self) -> Mapping[str, Idle]:
        """The prices between which a candle leads to no action of the manager, by instrument of an open position.

        A candle's prices are its close, and its bid and ask. Read it where `idle_before` is not None.
        """
        return self._managing.idle(self.world) or {}

    def pass_over(self, times: Sequence[datetime], candles: Sequence[Sequence[Candle]]) -> None:
        """Takes instants that lead to nothing: `times` are their closes, all before `idle_before`.

        `candles` are those of each instant. Prices and marks are those of `process`.
        """
        market, portfolio, marking = self.market, self.world.portfolio, self._marking
        self._read_over(candles)
        for number, (at, closed) in enumerate(zip(times, candles, strict=True)):
            if not self._marks or marking.is_steady(at, portfolio):
                rest = tuple(chain.from_iterable(candles[number:]))
                if self._marks:
                    marking.pass_over(times[-1], rest)
                for candle in {one.instrument: one for one in rest}.values():
                    market.take(candle)
                return
            for candle in closed:
                market.take(candle)
            if self._marks:
                marking.take(at, closed, portfolio, market)

    def _read_over(self, candles: Sequence[Sequence[Candle]]) -> None:
        """Filters, limits, regimes, leverage and the signs of reversals read the candles that lead to nothing, too."""
        settings = self.world.portfolio.settings.settings
        for closed in candles if self._managing.reads_candles(settings) else ():
            self._managing.read(closed, settings)
        if self._features.are_read(models := self.world.portfolio.models):
            self._features.read(chain.from_iterable(candles), models)
        returns, hourly, regimes = self._returns, self._hourly_in_use(), self._regimes
        leveraging = self._leveraging
        if returns is None and hourly is None and regimes is None and leveraging is None:
            return
        for candle in chain.from_iterable(candles):
            if returns is not None:
                returns.take(candle)
            if hourly is not None:
                hourly.take(candle)
            if regimes is not None:
                regimes.pass_over(candle)
            if leveraging is not None:
                leveraging.take(candle)

    def _hourly_in_use(self) -> HourlyReturns | None:
        """The hourly returns, where the limit on correlated positions is in force.

        Without it they are dropped: returns over the hours that were not read would be of more than one hour.
        """
        if not self.world.portfolio.settings.settings.limits.max_correlated_positions:
            self._hourly = None
        elif self._hourly is None:
            self._hourly = HourlyReturns()
        return self._hourly

    def process(self, given: Input) -> Work:
        """The units that follow from one input.

        The caller must confirm each unit before it takes the next one. An unconfirmed unit is decided again on the
        current state; the driver uses this after a conflict and `refresh`. After any other failure of an append the
        work ends: the state is unchanged, nothing was sent, and the log shows whether the unit was recorded (see
        `commands/driver.py`).

        Raises Refused or InvalidInput if a decider refuses a stimulus. Then nothing of that unit is recorded. For a
        request the answer is Declined instead. Raises StrategyFailed if a strategy raises, TapeMismatch if the recalled
        log holds events that do not follow from these inputs.
        """
        return self._steps[type(given)](given)

    def confirm(self, unit: Unit) -> None:
        """Folds the events of a durable unit into the state."""
        if unit.branch is None:
            self.world.fold_all(unit.envelopes)
        else:
            unit.branch.merge()
        self._confirmed = unit

    def refresh(self, recorded: Iterable[Recorded]) -> None:
        """Folds events of the log that are not in the state yet."""
        for one in recorded:
            self.world.fold(one.envelope)

    def settled(self, made: RequestMade) -> Answer | None:
        """The answer to a repeated request, or one that is declined in any state; None if it must be judged."""
        return answering.settled(made, self.world, self.identity)

    def _market_moved(self, given: MarketMoved) -> Work:
        """Makes a generator only for inputs that can lead to an event, which most candles do not."""
        if given.at >= self._open_until or not self._recall.is_over:
            return self._market_moved_with_day(given)
        marks, sighted = self._taken(given)
        portfolio = self.world.portfolio
        if (
            marks
            or sighted
            or portfolio.pauses
            or self._waits_for_market(portfolio)
            or self._leverage_changes(given)
            or are_suspected(given)
        ):
            return self._all_work_of(marks, sighted, given)
        return NO_WORK

    def _market_moved_with_day(self, given: MarketMoved) -> Work:
        yield from self._turned(given.at)
        marks, sighted = self._taken(given)
        yield from self._all_work_of(marks, sighted, given)
        if self.recalling:
            yield from self._recalled_requests(given.at)
        return None

    def _taken(self, given: MarketMoved) -> tuple[Sequence[Ask], Sequence[_Seen]]:
        """The marks of the hours that are over, and by candle or reading the change of the regime and the proposals.

        The market view and the returns take all prices of the instant before they are read.
        """
        market, returns, hourly = self.market, self._returns, self._hourly_in_use()
        events = self._books.take(given.events)
        for event in events:
            market.take(event)
            if returns is not None and type(event) is Candle:
                returns.take(event)
            if hourly is not None and type(event) is Candle:
                hourly.take(event)
            if self._leveraging is not None and type(event) is Candle:
                self._leveraging.take(event)
        self._managing.read(events, self.world.portfolio.settings.settings)
        if self._features.are_read(models := self.world.portfolio.models):
            self._features.read((one for one in events if type(one) is Candle), models)
            self._features.read_books(one for one in events if type(one) is BookReading)
        marks = self._marking.take(given.at, events, self.world.portfolio, market) if self._marks else ()
        return marks, self._sighted(events)

    def _sighted(self, events: Sequence[MarketEvent]) -> Sequence[_Seen]:
        sighted: Sequence[_Seen] = ()
        for event in events:
            if type(event) is Candle:
                sightings = self._watch.take(event, self.market)
                change = self._regime_change(event)
                if sightings or change:
                    sighted = (*sighted, _Seen(change, sightings))
            elif type(event) is BookReading and (sightings := self._watch.take_reading(event)):
                sighted = (*sighted, _Seen((), sightings))
        return sighted

    def _all_work_of(self, marks: Sequence[Ask], sighted: Sequence[_Seen], given: MarketMoved) -> Work:
        # The conditions spare most candles a generator for each kind of work.
        world = self.world
        if marks:
            yield from self._marked(marks, given.at)
        if holds_back(world.portfolio):
            yield from self._withdrawals(given)
        if world.portfolio.breakers or world.portfolio.pauses:
            yield from self._pauses_over(given)
        if world.portfolio.grids:
            yield from self._grids_over(given)
        if self.recalling or self._managing.is_needed(world.portfolio):
            yield from self._managed(given)
        for seen in sighted:
            yield from self._signals_of(seen, given.at)
        if is_closing(world.portfolio):
            yield from self._retries(given)
        if changes := self._leverage_changes(given):
            # After the signals: an entry of this candle is traded with the leverage that it was judged with.
            yield from self._work(Stimulus(given.at, tuple(changes)), of_market=True)
        if suspected := suspicions(given, self.identity):
            yield from self._work(suspected, of_market=True)
        return None

    def _leverage_changes(self, given: MarketMoved) -> Sequence[Ask]:
        leveraging = self._leveraging
        return () if leveraging is None else leveraging.due(given.at, given.events, self.world.portfolio)

    def _waits_for_market(self, portfolio: Portfolio) -> bool:
        """Whether any candle may lead to something, although no strategy proposes at it."""
        return self._waits_at_any_price(portfolio) or self._managing.is_needed(portfolio)

    def _waits_at_any_price(self, portfolio: Portfolio) -> bool:
        """Whether any candle may lead to something, whatever its prices are."""
        return bool(portfolio.breakers or portfolio.grids or is_closing(portfolio) or holds_back(portfolio))

    def _marked(self, marks: Sequence[Ask], at: datetime) -> Generator[Unit, None, None]:
        for mark in marks:
            yield from self._work(Stimulus(at, (mark,)))

    def _withdrawals(self, given: MarketMoved | Tick) -> Generator[Unit, None, None]:
        stimulus = withdrawals(given, self.world.portfolio)
        if stimulus is not None:
            yield from self._work(stimulus)

    def _pauses_over(self, given: MarketMoved | Tick) -> Generator[Unit, None, None]:
        stimulus = pauses_over(given, self.world.portfolio)
        if stimulus is not None:
            yield from self._work(stimulus)

    def _grids_over(self, given: MarketMoved | Tick) -> Generator[Unit, None, None]:
        stimulus = grid_ends(given, self.world.portfolio, self._left)
        if stimulus is not None:
            yield from self._work(stimulus)

    def _managed(self, given: MarketMoved | Tick) -> Generator[Unit, None, None]:
        """What the manager decides now; while the log is recalled, what it has decided then."""
        if self.recalling:
            yield from self._recalled(self._recall.take_managed(given.at), given.at)
            return
        if isinstance(given, Tick):
            stimulus = managed_by_time(given.at, self.world, self.market)
        else:
            stimulus = managed_by_market(given, self.world, self.market, self._managing)
        if stimulus is not None:
            yield from self._work(stimulus)

    def _retries(self, given: MarketMoved | Tick) -> Generator[Unit, None, None]:
        stimulus = retries(given, self.world.portfolio)
        if stimulus is not None:
            yield from self._work(stimulus, of_market=True)

    def _regime_change(self, candle: Candle) -> Sequence[Ask]:
        regimes = self._regimes
        return () if regimes is None else regimes.take(candle, self.world.portfolio.regimes)

    def _signals_of(self, seen: _Seen, at: datetime) -> Generator[Unit, None, None]:
        """One unit of what a candle or a reading leads to. Signals are decided in the regime that it has confirmed."""
        portfolio, recalled = self.world.portfolio, self.recalling
        raised: dict[str, Sighting] = {}
        asks: list[Ask] = list(seen.change)
        for proposed in seen.sightings:
            sighting = where_exposed(proposed, portfolio, self._books, self.market, at)
            if is_worth_recording(
                sighting.proposal, sighting.instance.id, portfolio, at
            ) and self._books.is_recorded(sighting, portfolio, at):
                taken = self._series.take(sighting, portfolio)
                if taken.ended is not None:
                    asks.append(_series_ended(self._chain(sighting, _SERIES), taken.ended, sighting))
                if taken.is_recorded:
                    if not recalled:
                        sighting = where_cheapest(sighting, portfolio, self._books, at)
                    sighting = self._with_book(self._alike(self._correlated(sighting)), at)
                    signal_id = self._chain(sighting)
                    raised[signal_id] = proposed
                    asks.append(_raised(signal_id, sighting))
        if not asks:
            return
        envelopes = yield from self._work(Stimulus(at, tuple(asks)))
        if recalled:
            _check_same_signals(raised, envelopes)

    def _correlated(self, sighting: Sighting) -> Sighting:
        """The sighting of an entry with its correlations with what is held, waits, or is a major."""
        returns, filters, proposal = self._returns, sighting.instance.filters, sighting.proposal
        if returns is None or not filters.reads_correlation or proposal.intent is Intent.EXIT:
            return sighting
        others = dict.fromkeys((*filters.majors, *self.world.portfolio.exposures()))
        others.pop(proposal.instrument, None)
        return sighting.with_figures(
            returns.figures(proposal.instrument, others, filters.correlation_candles)
        )

    def _alike(self, sighting: Sighting) -> Sighting:
        """The sighting of an entry with its hourly correlations."""
        proposal = sighting.proposal
        if proposal.intent is Intent.EXIT:
            return sighting
        found = self._hourly_figures(proposal.instrument)
        return sighting.with_figures(found) if found else sighting

    def _with_book(self, sighting: Sighting, at: datetime) -> Sighting:
        return self._books.with_book(sighting, self.world.portfolio.settings.settings, at)

    def _hourly_figures(self, instrument: str) -> Mapping[str, float]:
        """The hourly correlations of an instrument with what is held, where the limit on them is in force."""
        hourly, portfolio = self._hourly, self.world.portfolio
        if hourly is None or not portfolio.settings.settings.limits.max_correlated_positions:
            return {}
        others = [one.instrument for one in holdings(portfolio, without=instrument)]
        return hourly.figures(instrument, others, portfolio.settings.settings.limits.correlation_hours)

    def _chain(self, sighting: Sighting, of: str = "") -> str:
        """The chain of the signal of this proposal, or, with a suffix, of what else its candle leads to."""
        fact = f"{sighting.fact}/{sighting.instance.id}{of}"
        return chain_id(self.identity.log_id, self.identity.account, fact)

    def _reported(self, given: Reported) -> Work:
        """Reports of the open day make no generator of their own."""
        if given.at < self._open_until:
            return self._reports(given.reports, given.at)
        return self._reported_with_day(given)

    def _reported_with_day(self, given: Reported) -> Work:
        reports: Sequence[AnyReport | CallReport | LeverageReport] = given.reports
        if self._is_another_day(given.at):
            late = day.of_the_old_day(reports, given.at)
            reports = reports[len(late) :]
            yield from self._reports(late, given.at)
            yield from self._turned(given.at)
        yield from self._reports(reports, given.at)
        return None

    def _reports(self, reports: Sequence[AnyReport | CallReport | LeverageReport], at: datetime) -> Work:
        for stimulus in stimuli(reports, self.world, self.identity.account, at, self.market.prices):
            yield from self._work(stimulus, of_market=True)
        return None

    def _ticked(self, given: Tick) -> Work:
        yield from self._turned(given.at)
        yield from self._marked(self._marking.tick(given.at) if self._marks else (), given.at)
        yield from self._withdrawals(given)
        yield from self._pauses_over(given)
        yield from self._grids_over(given)
        if self.recalling or self._managing.is_needed(self.world.portfolio):
            yield from self._managed(given)
        yield from self._reprotected(given)
        yield from self._retries(given)
        return None

    def _reprotected(self, given: Tick) -> Generator[Unit, None, None]:
        stimulus = self._reprotecting.at_tick(given.at, self.world, self.identity, self.market)
        if stimulus is not None:
            yield from self._work(stimulus)

    def _turned(self, at: datetime) -> Generator[Unit, None, None]:
        if self._is_another_day(at):
            yield from self._work(day.turn(at, self._since))

    def _started(self, given: Started) -> Work:
        world = self.world
        yield from self._work(starting.configured(given.at, given.configured, world.portfolio))
        yield from self._work(starting.settled(given.at, self.identity, world.portfolio))
        return None

    def _relisted(self, given: Relisted) -> Work:
        yield from self._work(Stimulus(given.at, given.asks))
        return None

    def _warmed(self, given: Warmed) -> Work:
        """Strategies read the candles; what they propose on them is of the past. The last regime is in force.

        A grid whose bound one of them left ends at the next input that ends grids: at a start nothing is sent yet.
        """
        asks: list[Ask] = []
        regimes, intervals = self._regimes, {one.interval for one in self._instances}
        self._managing.warm(given.candles, self.world.portfolio.settings.settings, intervals)
        self._features.read(given.candles, self.world.portfolio.models)
        if self._hourly is None:
            self._hourly = HourlyReturns()  # the settings in force may follow, at the start
        hourly = self._hourly
        for candle in given.candles:
            self.market.take(candle)
            if self._returns is not None:
                self._returns.take(candle)
            hourly.take(candle)
            if regimes is not None:
                regimes.pass_over(candle)
            if self._leveraging is not None:
                self._leveraging.take(candle)
            left = left_at(candle, self.world.portfolio)
            if left is not None:
                self._left.add(left)
            for sighting in self._watch.take(candle, self.market):
                asks += self._past(sighting)
        if regimes is not None and self.world.log_id is not None:
            asks += regimes.due(self.world.portfolio.regimes)
        return self._series_of_the_past(Stimulus(given.at, tuple(asks))) if asks else NO_WORK

    def _past(self, sighting: Sighting) -> Sequence[Ask]:
        """The record of the series that a proposal of the past ends, none or one."""
        world = self.world
        sighting = where_exposed(sighting, world.portfolio, self._books, self.market, sighting.at)
        if not is_worth_recording(sighting.proposal, sighting.instance.id, world.portfolio, sighting.at):
            return ()
        signal = signal_stream(self.identity.account, self._chain(sighting))
        ended = self._series.warm(sighting, world.portfolio, is_recorded=signal in world.versions)
        return () if ended is None else (_series_ended(self._chain(sighting, _SERIES), ended, sighting),)

    def _series_of_the_past(self, stimulus: Stimulus) -> Work:
        yield from self._work(stimulus)
        return None

    def _is_another_day(self, at: datetime) -> bool:
        """Whether the day of `at` is later than the open day; False for an unopened account, which has no days."""
        if at < self._open_until:
            return False
        account = self.world.portfolio.account_state
        if not isinstance(account, Account):
            return False
        if account.day < at.date().isoformat():
            return True
        self._open_until = day.midnight_of(at) + _A_DAY
        return False

    def _requested(self, made: RequestMade) -> Work:
        requested = made.requested
        settled = self.settled(made)
        if settled is not None:
            return settled
        situation = Situation(
            world=self.world,
            identity=self.identity,
            at=made.at,
            prices=self.market.prices,
            actor=requested.actor,
            alike=self._hourly_figures,
            book=self._books.read,
        )
        try:
            if answering.is_a_draft(requested):
                return answering.drafted(requested, situation)
            yield from self._work(requests.stimulus(requested, situation))
        except (Refused, InvalidInput) as fault:
            return answering.declined(requested, fault)
        return answering.carried_out(requested, self.world)

    def _commanded(self, stimulus: Stimulus) -> Work:
        yield from self._work(stimulus)
        yield from self._recalled_requests(stimulus.at)
        return None

    def _work(
        self, stimulus: Stimulus, *, of_market: bool = False
    ) -> Generator[Unit, None, Sequence[Envelope]]:
        """Yields the unit of this stimulus until it is confirmed; returns its events, none if nothing followed.

        With `of_market` the market alone leads to the stimulus; raises TapeMismatch where the recalled log lacks it.
        """
        if self.recalling:
            taken = self._recall.take(stimulus)
            if of_market:
                check_recorded(stimulus, taken, Branch(self.world), self.identity)
            return (yield from self._recalled(taken, stimulus.at))
        scores = self._scores(stimulus)
        while True:
            unit = decide(Branch(self.world), stimulus, self.identity, scores)
            if not unit.envelopes:
                return ()
            yield unit
            if self._confirmed is unit:
                return unit.envelopes

    def _scores(self, stimulus: Stimulus) -> Scores:
        """The scores of the entries that the stimulus raises; none without models in force."""
        portfolio = self.world.portfolio
        if not portfolio.models.is_scoring:
            return NO_SCORES
        wanted = [
            self._score_wanted(raised, stimulus.at)
            for raised in (ask.command for ask in stimulus.asks)
            if isinstance(raised, RaiseSignal) and raised.signal.is_scored
        ]
        return self._scorer.scores(stimulus.at, wanted) if wanted else NO_SCORES

    def _score_wanted(self, raised: RaiseSignal, at: datetime) -> ScoreWanted:
        portfolio = self.world.portfolio
        rows = self._features.rows(raised.signal, at, portfolio)
        earlier = {
            name: rows_before(portfolio.scored_rows, raised.signal.instrument, name, at) for name in rows
        }
        return ScoreWanted(raised.signal_id, portfolio.models.scoring, rows, earlier)

    def _recalled(
        self, envelopes: Sequence[Envelope], at: datetime
    ) -> Generator[Unit, None, Sequence[Envelope]]:
        if envelopes:
            yield Unit(at, envelopes)
        return envelopes

    def _recalled_requests(self, until: datetime) -> Generator[Unit, None, None]:
        """Recalls the requests up to this instant from the log, since no tape holds them."""
        while self.recalling and (envelopes := self._recall.take_commands(until)):
            yield from self._recalled(envelopes, envelopes[0].meta.recorded_at)


class _Seen(Struct, frozen=True):
    """What a candle or a reading leads to: the change of its instrument's regime, none or one, and the proposals."""

    change: Sequence[Ask]
    sightings: Sequence[Sighting]


def _returns_for(instances: Sequence[Instance]) -> Returns | None:
    """The returns that the filters of the instances read; None if none of them does."""
    filters = [one.filters for one in instances if one.filters.reads_correlation]
    return Returns(max(one.correlation_candles for one in filters)) if filters else None


def _raised(signal_id: str, sighting: Sighting) -> Ask:
    return Ask(
        command=RaiseSignal(signal_id, sighting.signal()),
        cause=sighting.cause,
        occurred_at=sighting.at,
        actor=ENGINE,
        chain=signal_id,
    )


def _series_ended(series_id: str, series: SeriesEnded, sighting: Sighting) -> Ask:
    """The record of a series, caused by the candle or the reading whose proposal ended it."""
    return Ask(
        command=EndSeries(series_id, series),
        cause=sighting.cause,
        occurred_at=sighting.at,
        actor=ENGINE,
        chain=series_id,
    )


def _check_same_signals(raised: Mapping[str, Sighting], recorded: Iterable[Envelope]) -> None:
    """Raises TapeMismatch where a recalled signal differs from the one that this tape leads to."""
    for envelope, sighting in _signals(raised, recorded):
        event, found = envelope.event, sighting.signal()
        assert isinstance(event, SignalDetected)
        held = event if event.venue is None else event.venue
        if held.price != found.price or not all(map(isclose, _levels(held), _levels(found))):
            raise TapeMismatch(
                f"the log holds a signal on {event.instrument} {_figures(held)} for the candle that closed at "
                f"{event.candle_closed_at}, and this tape leads to one {_figures(found)}; play the tape this "
                "log was made from, or begin another log"
            )


def _levels(signal: SignalDetected | VenueChoice) -> tuple[Decimal, Decimal]:
    """Stop and target. Strategies derive them from floats, so another machine may differ in the last digit."""
    return signal.stop, signal.target


def _figures(signal: SignalDetected | VenueChoice) -> str:
    return f"at {signal.price} with a stop of {signal.stop} and a target of {signal.target}"


def _signals(
    raised: Mapping[str, Sighting], recorded: Iterable[Envelope]
) -> Iterator[tuple[Envelope, Sighting]]:
    for envelope in recorded:
        sighting = raised.get(envelope.meta.correlation_id)
        if sighting is not None and isinstance(envelope.event, SignalDetected):
            yield envelope, sighting
