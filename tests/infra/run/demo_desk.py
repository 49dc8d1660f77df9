"""A demo run whose market, time and checks a test moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from adapters.simulated.matched import MatchedRules
from adapters.snapshots import Snapshots
from commands.door import Answer, Declined
from commands.feed import FeedState, MarketFeed
from commands.input_tape import InputTape
from commands.request import Request, Requested
from commands.scorer import NO_SCORER, Scorer
from domain.catalogue import known
from domain.instrument import Instrument
from domain.log import Envelope
from domain.market import BookUpdate, Level
from infra.run.live_plan import BooksOf, LivePlan, Wake
from infra.run.paper_live import Demo, demo_run
from infra.run.stake import Stake
from tests.commands.list_log import ListLog
from tests.infra.run.live_desk import BTC, FIVE, PLAN, D, HandFeed, a_candle

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATENCY = timedelta(milliseconds=100)
RULES: Instrument = next(one.instrument for one in known() if one.instrument.id == BTC)
DEMO = Demo(Stake("USDT", D(10_000), D(5)), [RULES], MatchedRules(latency=LATENCY))
_NUMBERS = count(1)


class StatedFeed(HandFeed):
    """A feed whose state a test sets."""

    is_live = True

    def states(self) -> Sequence[FeedState]:
        fault = "" if self.is_live else "cut"
        return [FeedState(instrument=BTC, is_live=self.is_live, heard_at=None, dropped=0, fault=fault)]


class DemoDesk:
    """`log` is of an earlier desk where there is one; the run begins at `at`."""

    def __init__(
        self,
        log: ListLog | None = None,
        at: datetime = START,
        demo: Demo = DEMO,
        plan: LivePlan = PLAN,
        snapshots: Snapshots | None = None,
        tape: InputTape | None = None,
        scorer: Scorer = NO_SCORER,
        books_of: BooksOf | None = None,
    ) -> None:
        self.log, self.now, self.seconds = log or ListLog(), at, 0.0
        self.feed = StatedFeed([a_candle(at - 2 * FIVE, "100")])
        self._updates = 0
        self.reason = ""
        self.run = demo_run(
            self.log,
            plan,
            demo,
            self._feed_of,
            list[Envelope]().append,
            clock=lambda: self.now,
            monotonic=lambda: self.seconds,
            snapshots=snapshots,
            tape=tape,
            scorer=scorer,
            books_of=books_of,
        )

    def _feed_of(self, _instruments: Sequence[str], _wake: Wake) -> MarketFeed:
        return self.feed

    def started(self) -> DemoDesk:
        self.run.start()
        self.run.connect()
        self.passes(1)
        assert self.run.is_trading
        return self

    def shows(self, bid: str, ask: str, size: str = "50") -> None:
        """The whole book has one price a side; the next second begins."""
        self._updates += 1
        self.feed.waiting.append(
            BookUpdate(
                instrument=BTC,
                at=self.now,
                update_id=self._updates,
                snapshot=True,
                bids=(Level(D(bid), D(size)),),
                asks=(Level(D(ask), D(size)),),
            )
        )
        self.passes(1)

    def closes_at(self, price: str) -> None:
        """A candle closes at this price, now; two seconds pass."""
        self.feed.waiting.append(a_candle(self.now - FIVE, price))
        self.passes(1)
        self.passes(1)

    def passes(self, seconds: float) -> None:
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)
        self.run.attend()

    def asks(self, request: Request) -> Answer:
        """The answer to a person's request; a second passes. `reason` is why it was declined."""
        made = Requested(
            id=f"demo-{next(_NUMBERS)}",
            account="main",
            actor="eve",
            valid_until=self.now + FIVE,
            request=request,
        )
        answer = self.run.answer(made)
        self.reason = answer.reason if isinstance(answer, Declined) else ""
        self.passes(1)
        return answer

    def again(self, after: float = 60) -> DemoDesk:
        """Another run on the log, whose process was killed."""
        self.run.close()
        return DemoDesk(self.log, self.now + timedelta(seconds=after))

    def names(self) -> list[str]:
        return [type(one.event).__name__ for one in self.log.envelopes]
