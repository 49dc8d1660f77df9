"""The unit of work: one stimulus, decided in memory until nothing more follows, one append, then side effects."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from time import perf_counter
from uuid import UUID

from msgspec import Struct

from commands.observer import Observer
from commands.outgoing import outgoing
from commands.processes import PROCESSES, Moment
from commands.recall import NOTHING_TO_RECALL, Recall
from commands.reports import stimuli
from commands.routes import ROUTES
from commands.sender import Sender
from commands.stimulus import Ask, Stimulus
from commands.world import Branch, World
from domain.errors import Conflict
from domain.events import Event, schema_version
from domain.log import Envelope, EventLog, Meta, chain_id, event_id

_ATTEMPTS = 5


class Identity(Struct, frozen=True, gc=False):
    """Whose work it is: the log's id, the account, and the run that does it (`paper`, `live`)."""

    log_id: UUID
    account: str
    source: str


class Handler:
    """Handles stimuli one after the other against one account's world."""

    def __init__(
        self,
        log: EventLog,
        world: World,
        identity: Identity,
        sender: Sender,
        recall: Recall = NOTHING_TO_RECALL,
        observer: Observer | None = None,
    ) -> None:
        self._log = log
        self.world = world
        self.identity = identity
        self._sender = sender
        self._recall = recall
        self._observer = observer

    def handle(self, stimulus: Stimulus) -> Sequence[Envelope]:
        """Records all that follows from the stimulus and sets off its side effects; returns what was recorded.

        While a log is being taken up again, what it holds of the stimulus is folded instead of decided again.
        Raises Refused or InvalidInput (nothing changed), and whatever the log raises (see `EventLog.append`).
        """
        if self._recall.is_over:
            envelopes = self._decide(stimulus)
        else:
            envelopes = self._recall.take(stimulus)
            self.world.fold_all(envelopes)
        return [*envelopes, *self._send(envelopes, stimulus.at)]

    def _send(
        self, envelopes: Sequence[Envelope], at: datetime, recalled_at: datetime | None = None
    ) -> Sequence[Envelope]:
        """Sends what is durable; returns what was recorded of what the sender found out."""
        reports = self._sender.send(outgoing(envelopes), recalled_at)
        recorded_at = max([at, *(report.at for report in reports)])
        asked = stimuli(reports, self.world, self.identity.account, recorded_at)
        return [envelope for stimulus in asked for envelope in self.handle(stimulus)]

    def recall_commands(self, until: datetime) -> Sequence[Envelope]:
        """Takes up again what a person asked for at this point of the log; nothing where nobody did."""
        envelopes = self._recall.take_commands(until)
        self.world.fold_all(envelopes)
        if not envelopes:
            return ()
        at = envelopes[0].meta.recorded_at
        return [*envelopes, *self._send(envelopes, at, recalled_at=at)]

    def _decide(self, stimulus: Stimulus) -> Sequence[Envelope]:
        began = perf_counter()
        for attempt in range(1, _ATTEMPTS + 1):
            branch = Branch(self.world)
            _work(branch, stimulus, self.identity)
            if not branch.envelopes:
                return ()
            worked = perf_counter()
            try:
                self._log.append(branch.envelopes)
            except Conflict:
                if attempt == _ATTEMPTS:
                    raise
                self.refresh()
            else:
                branch.merge()
                if self._observer is not None:
                    self._observer.recorded(branch.envelopes, worked - began, perf_counter() - worked)
                return branch.envelopes
        raise AssertionError("the last attempt returns or raises")

    def refresh(self) -> None:
        """Folds what the log holds beyond the world."""
        for recorded in self._log.read(after=self.world.position):
            self.world.fold(recorded.envelope)


def _work(branch: Branch, stimulus: Stimulus, identity: Identity) -> None:
    """What follows from an ask is finished before the next is answered: a second signal sees the first one's orders."""
    waiting = deque(stimulus.asks)
    while waiting:
        ask = waiting.popleft()
        followed: list[Ask] = []
        for envelope in _answer(branch, ask, stimulus.at, identity):
            branch.fold(envelope)
            followed.extend(_followed(branch, envelope, stimulus.at, identity))
        waiting.extendleft(reversed(followed))


def _answer(branch: Branch, ask: Ask, at: datetime, identity: Identity) -> Sequence[Envelope]:
    route = ROUTES[type(ask.command)]
    stream = route.stream(identity.account, ask.command)
    events = route.decide(ask.command, branch.state(stream))
    if not events:
        return ()
    chain = ask.chain or _chain(branch, stream, ask.cause, identity)
    first = branch.next_version(stream)
    return [
        Envelope(_meta(stream, first + offset, chain, event, ask, at, identity), event)
        for offset, event in enumerate(events)
    ]


def _chain(branch: Branch, stream: str, fact: str, identity: Identity) -> str:
    """What is told of an order or a position goes on with its chain; anything else from outside begins one."""
    goes_on = stream.partition("-")[0] in {"signal", "order", "position"}
    begun = branch.chain_of(stream) if goes_on else None
    return begun or chain_id(identity.log_id, identity.account, fact)


def _meta(
    stream: str, version: int, chain: str, event: Event, ask: Ask, at: datetime, identity: Identity
) -> Meta:
    return Meta(
        event_id=event_id(identity.log_id, stream, version),
        stream=stream,
        version=version,
        correlation_id=chain,
        causation_id=ask.cause,
        occurred_at=ask.occurred_at,
        recorded_at=at,
        account=identity.account,
        actor=ask.actor,
        source=identity.source,
        schema_version=schema_version(type(event)),
    )


def _followed(branch: Branch, envelope: Envelope, at: datetime, identity: Identity) -> Sequence[Ask]:
    processes = PROCESSES.get(type(envelope.event), ())
    if not processes:
        return ()
    moment = Moment(envelope=envelope, branch=branch, now=at, account=identity.account)
    meta = envelope.meta
    return [
        Ask(
            command=command,
            cause=str(meta.event_id),
            occurred_at=meta.occurred_at,
            actor=ENGINE,
            chain=meta.correlation_id,
        )
        for process in processes
        for command in process(moment)
    ]


ENGINE = "engine"
