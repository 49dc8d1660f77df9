"""What each failure of a request proves: over the venue's faults, and over responses that no venue of ours gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectionError as Disconnected
from requests.exceptions import ConnectTimeout, ReadTimeout, RequestException, SSLError
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NameResolutionError, ProtocolError

from adapters.bybit import BybitExchange, Credentials, Site, Timing
from adapters.bybit.bucket import RESET
from adapters.bybit.client import Client, http
from adapters.bybit.codes import VERDICTS, Verdict
from adapters.bybit.failure import of_query
from adapters.never_sent import is_never_sent
from commands.exchange import Ticket
from domain.direction import Side
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.venue import VenueStatus
from tests.adapters.bybit.bench import BybitBench, bybit_venue
from tests.adapters.bybit.pushed import execution, order
from tests.commands.exchange_contract import Session

CREATE, CANCEL, AMEND, REALTIME = (
    "/v5/order/create",
    "/v5/order/cancel",
    "/v5/order/amend",
    "/v5/order/realtime",
)
IDS = count(1)
EXPECTED: Mapping[Verdict, type[ExchangeError] | None] = {
    Verdict.REJECTED: ExchangeRefused,
    Verdict.FATAL: ExchangeRefused,
    Verdict.RETRY: ExchangeRefused,
    Verdict.RATE_LIMITED: OutcomeUnknown,
    Verdict.AMBIGUOUS: OutcomeUnknown,
    Verdict.PLACED: None,
}
UNREADABLE: list[dict[str, Any]] = [
    {"kind": "status", "value": 403},
    {"kind": "status", "value": 429},
    {"kind": "status", "value": 500},
    {"kind": "status", "value": 502},
    {"kind": "status", "value": 503},
    {"kind": "html"},
    {"kind": "truncated"},
    {"kind": "drop"},
    {"kind": "code", "value": 10000},
    {"kind": "code", "value": 10016},
    {"kind": "code", "value": 999_999},
]
NAMES = [f"{one['kind']} {one.get('value', '')}".strip() for one in UNREADABLE]


@pytest.fixture(scope="module")
def bench() -> Iterator[BybitBench]:
    with bybit_venue() as venue:
        bench = BybitBench(venue)
        yield bench
        bench.close()


@pytest.fixture
def session(bench: BybitBench) -> Iterator[Session]:
    yield Session(bench)
    bench.venue.do(lambda one: one.faults.clear())


def limit(session: Session) -> Ticket:
    return session.order(f"f{next(IDS)}", Side.BUY, limit="90")


@pytest.mark.parametrize("commit", [False, True], ids=["not executed", "executed"])
@pytest.mark.parametrize("fault", UNREADABLE, ids=NAMES)
def test_an_unreadable_response_leaves_an_order_unknown_until_a_query_finds_it(
    session: Session, bench: BybitBench, fault: dict[str, Any], commit: bool
) -> None:
    ticket = limit(session)
    bench.venue.fails(CREATE, **fault, commit=commit)
    with pytest.raises(OutcomeUnknown):
        session.exchange.submit([ticket])
    assert session.status(ticket.order_id) is (VenueStatus.ACCEPTED if commit else None)
    session.exchange.submit([ticket])
    assert session.status(ticket.order_id) is VenueStatus.ACCEPTED


@pytest.mark.parametrize("code", VERDICTS, ids=str)
def test_each_return_code_of_an_order_is_the_error_of_its_verdict(
    session: Session, bench: BybitBench, code: int
) -> None:
    bench.venue.fails(CREATE, "code", value=code, times=0)
    expected = EXPECTED[VERDICTS[code]]
    if expected is None:
        session.exchange.submit([limit(session)])
    else:
        with pytest.raises(expected, match=str(code)):
            session.exchange.submit([limit(session)])


def test_an_order_refused_for_its_timestamp_is_sent_once_more(session: Session, bench: BybitBench) -> None:
    ticket = limit(session)
    bench.venue.fails(CREATE, "code", value=10002)
    session.exchange.submit([ticket])
    assert session.status(ticket.order_id) is VenueStatus.ACCEPTED


@pytest.mark.parametrize("path", [CANCEL, AMEND])
def test_a_lost_acknowledgement_of_a_request_is_an_unknown_outcome(
    session: Session, bench: BybitBench, path: str
) -> None:
    ticket = limit(session)
    session.exchange.submit([ticket])
    calls: dict[str, Callable[[], None]] = {
        CANCEL: lambda: session.cancel(ticket.order_id),
        AMEND: lambda: session.amend(ticket.order_id, limit="91"),
    }
    bench.venue.fails(path, "drop", commit=True)
    with pytest.raises(OutcomeUnknown):
        calls[path]()
    found = session.exchange.order(ticket.order_id)
    assert found is not None
    assert (found.is_open, str(found.limit_price)) == {CANCEL: (False, "90.0"), AMEND: (True, "91.0")}[path]


def test_a_response_that_takes_too_long_is_an_unknown_outcome(session: Session, bench: BybitBench) -> None:
    ticket, patience = limit(session), bench.exchange.session.timeout
    bench.venue.fails(CREATE, "delay", value=60_000, commit=True)
    bench.exchange.session.timeout = (2, 0.1)
    with pytest.raises(OutcomeUnknown):
        session.exchange.submit([ticket])
    bench.exchange.session.timeout = patience
    assert session.status(ticket.order_id) is VenueStatus.ACCEPTED


@pytest.mark.parametrize("fault", UNREADABLE, ids=NAMES)
def test_a_query_without_a_usable_response_raises_exchange_unreachable(
    session: Session, bench: BybitBench, fault: dict[str, Any]
) -> None:
    bench.venue.fails(REALTIME, **fault)
    with pytest.raises(ExchangeUnreachable):
        session.exchange.order("nobody")
    assert session.exchange.order("nobody") is None


def test_a_server_without_the_path_is_named_with_its_address(session: Session, bench: BybitBench) -> None:
    bench.venue.fails(REALTIME, "status", value=404)
    with pytest.raises(
        ExchangeUnreachable, match=f"no API of Bybit at {bench.venue.url}, .* check the address$"
    ):
        session.exchange.order("nobody")


@pytest.mark.parametrize("kind", ["html", "truncated"])
def test_a_response_that_is_no_json_is_described_without_a_code_that_bybit_did_not_send(
    session: Session, bench: BybitBench, kind: str
) -> None:
    bench.venue.fails(REALTIME, kind)
    with pytest.raises(ExchangeUnreachable, match=r"^the response is not JSON: a page, or cut off$"):
        session.exchange.order("nobody")


@pytest.mark.parametrize("code", [10003, 10005, 10006, 10002])
def test_a_refused_query_raises_exchange_refused(session: Session, bench: BybitBench, code: int) -> None:
    bench.venue.fails(REALTIME, "code", value=code, times=0)
    with pytest.raises(ExchangeRefused, match=str(code)):
        session.exchange.open_orders()


@pytest.mark.parametrize("code", [10006, 10002])
def test_a_query_is_repeated_once_after_a_refusal_for_frequency_or_time(
    session: Session, bench: BybitBench, code: int
) -> None:
    bench.venue.fails(REALTIME, "code", value=code)
    assert session.exchange.order("nobody") is None


class Fixed(BaseAdapter):
    """A transport of requests that answers every request with the same response."""

    def __init__(self, body: str, headers: Mapping[str, str]) -> None:
        super().__init__()
        self._body, self._headers = body, headers

    def send(self, request: PreparedRequest, *_args: Any, **_more: Any) -> Response:
        response = Response()
        response.status_code, response.request = 200, request
        response.raw = BytesIO(self._body.encode())
        response.headers.update(self._headers)
        return response

    def close(self) -> None:
        pass


def client(body: str, headers: Mapping[str, str], waits: list[float]) -> Client:
    """pybit's own client over a fixed response; `waits` gets the seconds that it would have slept."""
    credentials = Credentials("key", "secret")
    session = http(credentials, Site(http="http://fixed"), Timing())
    session.client.mount("http://", Fixed(body, headers))
    return Client(session, credentials, {}, lambda: None, waits.append)


SHAPES = [
    "",
    "[]",
    "null",
    "1",
    '"text"',
    "{}",
    '{"retCode":0}',
    '{"retCode":0,"result":{}}',
    '{"retCode":0,"result":[]}',
    '{"retCode":0,"result":{"orderId":""}}',
    '{"retCode":0,"result":{"orderId":7}}',
    '{"retCode":"0","retMsg":"OK","result":{"orderId":"one"}}',
    '{"retCode":10001}',
    '{"retCode":"10001","retMsg":"text"}',
    '{"retCode":[10001],"retMsg":"list"}',
    '{"ret_code":0,"result":{"orderId":"one"}}',
]


@pytest.mark.parametrize("body", SHAPES)
def test_json_of_another_shape_is_an_unknown_outcome(body: str) -> None:
    with pytest.raises(OutcomeUnknown):
        client(body, {}, []).send("place_order", {"orderLinkId": "one"})


@pytest.mark.parametrize("body", SHAPES)
def test_json_of_another_shape_answers_no_query(body: str) -> None:
    with pytest.raises(ExchangeUnreachable):
        list(client(body, {}, []).pages("get_open_orders", {"category": "linear"}))


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [(None, 0, 0), ("1", 0, 0), ("-5", 0, 0), ("soon", 0, 0), ("99999999999999", 1, 1)],
)
def test_a_query_waits_for_the_limit_and_never_long(header: str | None, least: float, most: float) -> None:
    waits: list[float] = []
    body = '{"retCode":10006,"retMsg":"Too many visits!","result":{}}'
    headers = {} if header is None else {RESET: header}
    with pytest.raises(ExchangeRefused):
        client(body, headers, waits).ask("get_open_orders", {"category": "linear"})
    assert [least <= one <= most for one in waits] == [True]


_POOL = HTTPConnectionPool("nobody.invalid")
_UNKNOWN_NAME = NameResolutionError("nobody.invalid", HTTPConnection("nobody.invalid"), OSError("unknown"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Disconnected(MaxRetryError(_POOL, "/", _UNKNOWN_NAME)), True),
        (ConnectTimeout(), True),
        (Disconnected(ProtocolError("reset", ConnectionResetError())), False),
        (Disconnected(MaxRetryError(_POOL, "/", ProtocolError("reset"))), False),
        (Disconnected(), False),
        (ReadTimeout(), False),
        (SSLError(), False),
        (ValueError("JSON"), False),
    ],
    ids=repr,
)
def test_only_a_connection_that_was_never_made_proves_that_nothing_arrived(
    error: Exception, expected: bool
) -> None:
    assert is_never_sent(error) is expected


def test_dated_futures_of_somebody_else_are_left_out_of_every_list(bench: BybitBench) -> None:
    future = {"symbol": "BTC-26MAR27"}
    held = {
        "symbol": "BTCUSDT",
        "positionIdx": 0,
        "side": "Buy",
        "size": "1",
        "avgPrice": "99",
        "liqPrice": "",
    }
    exchange = BybitExchange(bench.credentials, Site(http="http://fixed"))
    lists: list[tuple[list[dict[str, Any]], Callable[[], Sequence[object]]]] = [
        ([order() | future, order()], exchange.open_orders),
        ([execution() | future, execution()], lambda: exchange.executions(datetime(2025, 6, 15, tzinfo=UTC))),
        ([held | future, held], exchange.positions),
    ]
    for rows, query in lists:
        body = json.dumps({"retCode": 0, "result": {"list": rows}, "time": 1_750_000_000_500})
        exchange.session.client.mount("http://", Fixed(body, {}))
        assert len(query()) == len(rows) - 1
    exchange.close()


def test_the_text_of_a_failed_query_has_the_path_of_the_request_without_its_query() -> None:
    error = RequestException(
        "GET https://api.bybit.com/v5/position/list?category=linear&settleCoin=USDT: odd"
    )
    text = str(of_query(error, Credentials("key", "secret")))
    assert text == "RequestException: GET https://api.bybit.com/v5/position/list odd"
