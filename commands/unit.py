"""A unit of work: all events that follow from one stimulus; they are appended together, and their orders sent after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from commands.identity import ENGINE, Identity
from commands.position import BeginClose
from commands.processes import PROCESSES, Moment, Process
from commands.routes import ROUTES, Command
from commands.scorer import NO_SCORES, Scores
from commands.signal import EndGrid, RecordReversal
from commands.stimulus import Ask, Stimulus
from commands.world import Branch
from domain.command_fact import chain_fact
from domain.events import SCHEMA_VERSIONS
from domain.log import Envelope, Meta, chain_id, event_id, id_text


class Unit(Struct, frozen=True, eq=False):
    """The events of one append, in the order of the log; `at` is when they are recorded (UTC).

    `branch` is the state after these events. It is None if the log already holds the events; then they are folded and
    not appended.
    """

    at: datetime
    envelopes: Sequence[Envelope]
    branch: Branch | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether the log already holds these events."""
        return self.branch is None


def decide(branch: Branch, stimulus: Stimulus, identity: Identity, scores: Scores = NO_SCORES) -> Unit:
    """Decides all events that follow from the stimulus, and folds them into the branch; `scores` are of its signals.

    All consequences of one command are decided before the next command, so a second signal is judged with the orders of
    the first. Raises Refused or InvalidInput.
    """
    waiting, at = list(stimulus.asks[::-1]), stimulus.at
    while waiting:
        ask = waiting.pop()
        followed: list[Ask] = []
        for envelope in _events(branch, ask, at, identity):
            branch.fold(envelope)
            processes = PROCESSES.get(type(envelope.event))
            if processes is not None:
                followed += _followed(processes, branch, envelope, at, identity, scores)
        waiting += followed[::-1]
    return Unit(at, branch.envelopes, branch)


def _events(branch: Branch, ask: Ask, at: datetime, identity: Identity) -> Sequence[Envelope]:
    command = ask.command
    route = ROUTES[type(command)]
    stream = route.stream(identity.account, command)
    events = route.decide(command, branch.state(stream))
    if not events:
        return ()
    chain = _chain(branch, stream, ask, identity)
    made: list[Envelope] = []
    for version, event in enumerate(events, branch.next_version(stream)):
        meta = Meta(
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
            schema_version=SCHEMA_VERSIONS.get(type(event), 1),
        )
        made.append(Envelope(meta, event))
    return made


def _chain(branch: Branch, stream: str, ask: Ask, identity: Identity) -> str:
    """The chain that the ask names; else the chain of the order, position or signal if it has one; otherwise the chain
    that the outside fact begins.

    A close has a chain of its own, in which its orders are placed. The second leg of a reversal continues its signal's
    chain, also if an event of another chain led to it, and so does the end of a grid.
    """
    command = ask.command
    if ask.chain and type(command) not in _OF_SIGNAL:
        return ask.chain
    if type(command) is BeginClose:
        return command.chain
    begun = branch.chain_of(stream) if stream.startswith(_CONTINUED) else None
    return begun or chain_id(identity.log_id, identity.account, chain_fact(ask.cause))


_OF_SIGNAL = frozenset({RecordReversal, EndGrid})
_CONTINUED = ("signal-", "order-", "position-")


def _followed(
    processes: Sequence[Process],
    branch: Branch,
    envelope: Envelope,
    at: datetime,
    identity: Identity,
    scores: Scores,
) -> Sequence[Ask]:
    moment = Moment(
        envelope=envelope,
        branch=branch,
        portfolio=branch.portfolio,
        now=at,
        account=identity.account,
        policy=identity.policy,
        scores=scores,
    )
    commands: list[Command] = []
    for process in processes:
        commands += process(moment)
    if not commands:
        return ()
    meta = envelope.meta
    cause, occurred_at, chain = id_text(meta.event_id), meta.occurred_at, meta.correlation_id
    return [
        Ask(command=command, cause=cause, occurred_at=occurred_at, actor=ENGINE, chain=chain)
        for command in commands
    ]
