"""The client of another engine's API: raises a routed signal there, and reads what became of it.

A signal has the id of its chain as idempotency key, so that the other engine records it once, however often it is sent.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import msgspec
import urllib3
from msgspec import Meta, Raw, Struct

from adapters.codes import Code
from adapters.routing.faults import PeerDeclined, PeerUnanswered, PeerWrong
from domain.order import CLOSED
from domain.routed import OpenRoute, RouteOutcome, RouteReported
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent

_T = TypeVar("_T")
_OK, _RECORDED = 200, 202
_CLOSED_POSITION = "CLOSED"
_LATER: Final = frozenset({408, 425, 429})
"""Statuses of the 400s that ask for a repetition."""
_WRONG: Mapping[int, PeerWrong] = {
    301: PeerWrong.FOREIGN,
    302: PeerWrong.FOREIGN,
    303: PeerWrong.FOREIGN,
    307: PeerWrong.FOREIGN,
    308: PeerWrong.FOREIGN,
    401: PeerWrong.CREDENTIAL,
    403: PeerWrong.FORBIDDEN,
    404: PeerWrong.FOREIGN,
    405: PeerWrong.FOREIGN,
}
"""By status: an engine's API redirects nothing, and has both addresses for POST."""
_WRONG_CODES: Mapping[str, PeerWrong] = {
    Code.UNAUTHENTICATED: PeerWrong.CREDENTIAL,
    Code.FORBIDDEN: PeerWrong.FORBIDDEN,
}
"""By the code of an error in a response of GraphQL."""
_LONGEST = 300
_MOST_BYTES: Final = 4 * 1024 * 1024
_PIECE: Final = 64 * 1024
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"))
_TAKES: Mapping[Intent, frozenset[Verdict]] = {
    Intent.ENTER: frozenset({Verdict.ENTER, Verdict.REVERSE}),
    Intent.EXIT: frozenset({Verdict.CLOSE, Verdict.REVERSE}),
}
_UNSENT: Final = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)
STATE: Final = "query State { tradingStates { isHalted reasons } }"
BECAME: Final = """query Became($chain: ID!, $instrument: String!, $owner: String!) {
  orders(where: {chain: $chain, purpose: ENTRY}) { edges { node { status filled held { status } } } }
  opened: positions(where: {chain: $chain, status: OPEN}, first: 1) { edges { node { id } } }
  owned: positions(where: {instrument: $instrument, owner: $owner, status: OPEN}, first: 1) { edges { node { id } } }
  secondLegs: events(where: {chain: $chain, types: ["ReversalDecided"]}, first: 1) { edges { node { json } } }
}"""

DECIDED: Final = """query Decided($cause: ID!) {
  chain(id: $cause) { nodes { event { type chainId causeId json } } }
}"""


class _Raised(Struct):
    """A recorded decision. Every field is required: a response of another program decides nothing."""

    idempotency_key: str
    signal_id: Annotated[str, Meta(min_length=1)]
    verdict: Verdict
    reasons: list[str]


class _Extensions(Struct, frozen=True):
    code: str = ""


class _Fault(Struct):
    message: str = ""
    extensions: _Extensions = _Extensions()


class _Faults(Struct):
    errors: list[_Fault] = []


class _TradingState(Struct, rename="camel"):
    is_halted: bool
    reasons: list[str]


class _States(Struct, rename="camel"):
    trading_states: list[_TradingState]


class _Position(Struct):
    status: str


class _Order(Struct):
    """An entry order; `held` is the position that it has filled, null before the read model has it."""

    status: str
    filled: Decimal
    held: _Position | None

    @property
    def is_over(self) -> bool:
        """Whether it works no more, and what it has filled is closed in the read model of positions."""
        if self.status not in CLOSED:
            return False
        return not self.filled or (self.held is not None and self.held.status == _CLOSED_POSITION)


class _OrderEdge(Struct):
    node: _Order


class _Orders(Struct):
    edges: list[_OrderEdge]


class _Rows(Struct):
    edges: list[dict[str, Any]]


class _SecondLeg(Struct):
    verdict: str


class _LegEvent(Struct):
    json: _SecondLeg


class _LegEdge(Struct):
    node: _LegEvent


class _Legs(Struct):
    edges: list[_LegEdge]


class _Became(Struct, rename="camel"):
    orders: _Orders
    opened: _Rows
    owned: _Rows
    second_legs: _Legs

    @property
    def is_over(self) -> bool:
        """Whether no entry order works or will follow, and nothing is held of the signal. A REVERSE places no order
        where its second leg is withdrawn.
        """
        if self.opened.edges or self.owned.edges:
            return False
        orders = [one.node for one in self.orders.edges]
        is_withdrawn = any(one.node.json.verdict == Verdict.SKIP for one in self.second_legs.edges)
        return all(one.is_over for one in orders) if orders else is_withdrawn


class _StoryEvent(Struct, rename="camel"):
    type: str
    chain_id: str
    cause_id: str
    json: Raw


class _StoryNode(Struct):
    event: _StoryEvent


class _Story(Struct):
    nodes: list[_StoryNode]


class _Stories(Struct):
    chain: _Story | None


class _Decision(Struct):
    verdict: Verdict
    reasons: list[str]


class _StoryAnswer(Struct):
    data: _Stories | None = None
    errors: list[_Fault] = []


class _StateAnswer(Struct):
    data: _States | None = None
    errors: list[_Fault] = []


class _BecameAnswer(Struct):
    data: _Became | None = None
    errors: list[_Fault] = []


class Peer:
    """One other engine, at the address of its API; safe to use from one thread."""

    def __init__(
        self, engine: str, source: str, token: str, reader: str = "", *, seconds: float = 5.0
    ) -> None:
        """`token` is that of the source there, `reader` that of a viewer, empty without one. `seconds` is the time that
        a response may take.
        """
        self._engine, self._source = engine, source
        self._tokens = {"source": token, "reader": reader}
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=seconds, read=seconds), retries=False
        )

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()

    def raise_signal(self, route: OpenRoute) -> RouteReported:
        """What the other engine has decided on the signal, now or when it was sent first.

        Raises PeerUnanswered where that is not known, PeerDeclined where it has recorded nothing for this request.
        """
        status, content = self._sent("/signals", body_of(route), "source")
        if status not in {_OK, _RECORDED}:
            why = f"status {status}: {_message(content)}"
            if 400 <= status < 500 and status not in _LATER:
                raise PeerDeclined(why, wrong=_WRONG.get(status))
            raise PeerUnanswered(why, wrong=_WRONG.get(status))
        raised = _decoded(content, _Raised)
        if raised.idempotency_key != route.chain:
            raise PeerUnanswered(f"a response to another signal: {_shown(content)}", wrong=PeerWrong.FOREIGN)
        return _reported(route, raised.signal_id, raised.verdict, raised.reasons)

    def decision_on(self, route: OpenRoute) -> RouteReported | None:
        """What the other engine has decided on the signal, without sending it; None where its read models have no
        decision, also because it arrives later. Raises PeerUnanswered.
        """
        cause = f"command:{route.chain}"
        answer = self._queried(DECIDED, {"cause": cause}, _StoryAnswer)
        if answer.data is None:
            raise _unanswered(answer.errors)
        story = answer.data.chain
        events = [] if story is None else [one.event for one in story.nodes]
        raised = {
            one.chain_id
            for one in events
            if one.type == SignalDetected.__name__ and one.cause_id.partition("/")[0] == cause
        }
        for one in events:
            if one.type == DecisionMade.__name__ and one.chain_id in raised:
                made = _decoded(one.json, _Decision)
                return _reported(route, one.chain_id, made.verdict, made.reasons)
        return None

    def why_closed(self) -> str:
        """Why the other engine takes no entries now; empty where it does. Raises PeerUnanswered."""
        answer = self._queried(STATE, {}, _StateAnswer)
        if answer.data is None:
            raise _unanswered(answer.errors)
        halted = [one for one in answer.data.trading_states if one.is_halted]
        if not answer.data.trading_states:
            return "the other engine has no account yet"
        return ", ".join(dict.fromkeys(reason for one in halted for reason in one.reasons or ["halted"]))

    def is_over(self, route: OpenRoute) -> bool:
        """Whether every entry order of the taken signal has ended there, or the second leg of its reversal was
        withdrawn, and neither the signal nor this engine's source holds anything in the instrument.

        Positions are found by the signal, too, because a person may take one over there, and the settings may name
        another source than that of the token. A filled order counts once its position is closed: the other engine's
        read models may be at different events. Raises PeerUnanswered.
        """
        variables = {
            "chain": route.taken_as,
            "instrument": route.routed.instrument,
            "owner": self._source,
        }
        answer = self._queried(BECAME, variables, _BecameAnswer)
        if answer.data is None:
            raise _unanswered(answer.errors)
        return answer.data.is_over

    def _queried(self, document: str, variables: Mapping[str, str], kind: type[_T]) -> _T:
        body = {"query": document, "variables": variables}
        status, content = self._sent("/graphql", body, "reader")
        if status != _OK:
            raise PeerUnanswered(f"status {status}: {_message(content)}", wrong=_WRONG.get(status))
        return _decoded(content, kind)

    def _sent(self, path: str, body: Mapping[str, object], token: str) -> tuple[int, bytes]:
        headers = {"content-type": "application/json"}
        if spelled := self._tokens[token]:
            headers["authorization"] = f"Bearer {spelled}"
        try:
            response = self._pool.request(
                "POST",
                f"{self._engine}{path}",
                body=msgspec.json.encode(body),
                headers=headers,
                redirect=False,
                preload_content=False,
            )
            content = _bounded(response)
        except _UNSENT as fault:
            raise PeerUnanswered(f"no connection ({type(fault).__name__})", is_unsent=True) from None
        except urllib3.exceptions.SSLError as fault:
            wrong = _wrong_of_tls(fault)
            raise PeerUnanswered(
                f"no TLS connection ({type(fault).__name__})", is_unsent=wrong is not None, wrong=wrong
            ) from None
        except urllib3.exceptions.HTTPError as fault:
            raise PeerUnanswered(f"no response ({type(fault).__name__})") from None
        return response.status, content


def _reported(route: OpenRoute, signal: str, verdict: Verdict, reasons: Sequence[str]) -> RouteReported:
    is_taken = verdict in _TAKES[route.routed.intent]
    return RouteReported(
        outcome=RouteOutcome.TAKEN if is_taken else RouteOutcome.REFUSED,
        signal=signal,
        reasons=tuple(reasons),
    )


def _wrong_of_tls(fault: urllib3.exceptions.SSLError) -> PeerWrong | None:
    """CERTIFICATE where the certificate is not accepted, so that nothing was sent; None for a connection that was cut
    at any point.
    """
    is_refused = any(isinstance(one, ssl.SSLCertVerificationError) for one in (*fault.args, fault.__cause__))
    return PeerWrong.CERTIFICATE if is_refused else None


def _bounded(response: urllib3.BaseHTTPResponse) -> bytes:
    """The content. Raises PeerUnanswered where it is too long, and the errors of urllib3."""
    content = bytearray()
    while piece := response.read(_PIECE):
        content += piece
        if len(content) > _MOST_BYTES:
            response.close()
            raise PeerUnanswered(f"a response of more than {_MOST_BYTES} bytes")
    response.release_conn()
    return bytes(content)


def body_of(route: OpenRoute) -> dict[str, object]:
    """The body of `POST /signals`. Raises PeerDeclined for an interval that it cannot state."""
    routed = route.routed
    return {
        "idempotency_key": route.chain,
        "instrument": routed.instrument,
        "direction": routed.direction.value,
        "intent": routed.intent.value,
        "price": f"{routed.price:f}",
        "stop": f"{routed.stop:f}",
        "target": f"{routed.target:f}",
        "confidence": str(route.confidence),
        "trend": str(route.trend),
        "interval": _spelled(route.interval_seconds),
        "candle_closed_at": route.closed_at.isoformat(),
    }


def _spelled(seconds: int) -> str:
    for unit, letter in _UNITS:
        if seconds % unit == 0:
            return f"{seconds // unit}{letter}"
    raise PeerDeclined(f"an interval of {seconds} s cannot be sent: only whole minutes can")


def _decoded(content: bytes | Raw, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError:
        raise PeerUnanswered(
            f"a response that cannot be read: {_shown(content)}", wrong=PeerWrong.FOREIGN
        ) from None


def _message(content: bytes) -> str:
    try:
        return _joined(msgspec.json.decode(content, type=_Faults).errors)
    except msgspec.MsgspecError:
        return _shown(content)


def _unanswered(faults: Sequence[_Fault]) -> PeerUnanswered:
    """Why a query has no data."""
    wrong = (_WRONG_CODES.get(one.extensions.code) for one in faults)
    return PeerUnanswered(_joined(faults), wrong=next(filter(None, wrong), None))


def _joined(faults: Sequence[_Fault]) -> str:
    return "; ".join(one.message for one in faults if one.message)[:_LONGEST] or "no reason given"


def _shown(content: bytes | Raw) -> str:
    text = bytes(content)[:_LONGEST].decode(errors="replace")
    return text if text.isprintable() else repr(text)
