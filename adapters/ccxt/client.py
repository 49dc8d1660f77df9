"""ccxt's client with our errors. It repeats no request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from adapters.ccxt.dialect import dialect_of
from adapters.ccxt.failure import RAISED, is_not_found, of_order, of_query
from adapters.ccxt.site import Site, Timing
from adapters.ccxt.unreadable import is_skipped
from adapters.instruments.document import Table, is_table
from adapters.secrecy import Credentials
from domain.errors import ExchangeRefused, ExchangeUnreachable, InvalidInput, InvalidSettings, OutcomeUnknown
from domain.plain_text import meant

LOGGERS = ("ccxt.base.exchange", "ccxt", "urllib3.connectionpool", "asyncio", "aiohttp.client")
"""The loggers of ccxt and of its HTTP libraries, which log requests with keys and signatures, and that of the event
loop, which logs exceptions that nobody took."""

T = TypeVar("T")


def opened(exchange: str, credentials: Credentials, site: Site, timing: Timing, module: str = "ccxt") -> Any:
    """ccxt's client of an exchange, from `ccxt` or `ccxt.pro`.

    Numbers stay texts, the exchange's rate limits are kept, and nothing is repeated. Raises InvalidSettings for an
    unknown exchange, and where ccxt has no testnet or demo trading of it.
    """
    ccxt = import_module(module)
    if exchange not in ccxt.exchanges:
        raise InvalidSettings(f"ccxt knows no exchange {exchange!r}{meant(exchange, ccxt.exchanges)}")
    client = getattr(ccxt, exchange)(_settings(exchange, credentials, site, timing))
    client.has["fetchCurrencies"] = False
    client.log = _silent
    if site.sandbox:
        _switch(client, "set_sandbox_mode", "testnet")
    if site.demo:
        _switch(client, "enable_demo_trading", "demo trading")
    if site.http and module == "ccxt":
        redirect(client, site.http)
    elif site.http:
        client.urls["api"] = _moved(client.urls["api"], site)
    return client


def _switch(client: Any, method: str, named: str) -> None:
    """Raises InvalidSettings where ccxt has no such place: orders would go to the exchange itself."""
    before = str(client.urls["api"]), str(client.headers)
    try:
        getattr(client, method)(True)  # noqa: FBT003 - ccxt's own signature
    except RAISED as fault:
        raise InvalidSettings(f"ccxt has no {named} of {client.id}: {type(fault).__name__}") from None
    if (str(client.urls["api"]), str(client.headers)) == before:
        raise InvalidSettings(f"ccxt has no {named} of {client.id}: requests would go to its real addresses")


def redirect(client: Any, base: str) -> None:
    """Sends the requests of a client of `ccxt` to another scheme and host.

    The addresses that ccxt knows stay as they are: by them it knows what a code of some exchanges means.
    """
    client.session.mount("https://", _Redirect(base))


class _Redirect(HTTPAdapter):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = urlsplit(base)

    def send(self, request: PreparedRequest, *args: Any, **more: Any) -> Response:
        named = urlsplit(request.url or "")
        request.url = str(urlunsplit((self._base.scheme, self._base.netloc, *named[2:])))
        return super().send(request, *args, **more)


def _settings(exchange: str, credentials: Credentials, site: Site, timing: Timing) -> Mapping[str, object]:
    return {
        "apiKey": credentials.key,
        "secret": credentials.secret,
        "password": credentials.passphrase,
        "number": str,
        "enableRateLimit": site.is_paced,
        "enableLastJsonResponse": True,
        "timeout": int(timing.response * 1000),
        "options": {
            "maxRetriesOnFailure": 0,
            "adjustForTimeDifference": False,
            **dialect_of(exchange).options,
        },
    }


def _silent(*_texts: object) -> None:
    """Prints nothing: `verbose` prints keys and signatures."""


def _moved(addresses: Any, site: Site) -> Any:
    """The same tree of addresses with the scheme and host of the site, and their own paths."""
    if isinstance(addresses, dict):
        return {name: _moved(one, site) for name, one in cast("dict[str, Any]", addresses).items()}
    if not isinstance(addresses, str):
        return addresses
    base = site.socket if addresses.startswith("ws") else site.http
    return f"{base}{urlsplit(addresses.replace('{hostname}', 'host')).path}"


class Client:
    """Calls ccxt; every failure is one of the errors of the exchange port. All calls come from one thread."""

    def __init__(self, ccxt: Any, credentials: Credentials) -> None:
        self.ccxt, self._credentials = ccxt, credentials

    def hide(self, text: str) -> str:
        """The text without what is secret."""
        return self._credentials.hide(text)

    def place(self, call: Callable[[], Any]) -> Table:
        """The order that a request placed. Raises OutcomeUnknown for a response without an order id, too."""
        order = self.send(call)
        if not order.get("id"):
            raise OutcomeUnknown("the response names no order")
        return order

    def send(self, call: Callable[[], Any]) -> Table:
        """The order of a request that changes something.

        Raises ExchangeUnreachable, ExchangeRefused or OutcomeUnknown, as `OrderEntry` says. A page instead of JSON
        proves nothing, although ccxt returns an order for it.
        """
        self.ccxt.last_json_response = None
        try:
            order = call()
        except RAISED as error:
            raise of_order(error, self._credentials) from None
        if self.ccxt.last_json_response is None or not is_table(order):
            raise OutcomeUnknown("the response is not JSON")
        if order.get("status") == "rejected":
            raise ExchangeRefused(f"rejected: {self.hide(str(order.get('info')))}"[:300])
        return order

    def ask(self, call: Callable[[], T]) -> T:
        """The response to a query. Raises ExchangeUnreachable or ExchangeRefused, as `VenueQueries` says."""
        self.ccxt.last_json_response = None
        try:
            found = call()
        except RAISED as error:
            raise of_query(error, self._credentials) from None
        if self.ccxt.last_json_response is None:
            raise ExchangeUnreachable("the response is not JSON")
        return found

    def find(self, call: Callable[[], Any]) -> Table | None:
        """The order of a query for one; None where the exchange has none. Raises as `ask` does.

        Also None where ccxt cannot parse it and the client skips such rows (`skip_unreadable`).
        """
        self.ccxt.last_json_response = None
        try:
            found = call()
        except RAISED as error:
            if is_not_found(error):
                return None
            raise of_query(error, self._credentials) from None
        if self.ccxt.last_json_response is None:
            raise ExchangeUnreachable("the response is not JSON")
        if is_table(found) and is_skipped(found):
            return None
        if not is_table(found) or not found.get("id"):
            raise ExchangeUnreachable("the response names no order")
        return found

    def readable(self, reading: Callable[[], T]) -> T:
        """What was read; raises ExchangeUnreachable where the response could not be understood."""
        try:
            return reading()
        except InvalidInput as fault:
            raise ExchangeUnreachable(f"the response cannot be read: {self.hide(str(fault))}") from None

    def markets(self) -> Mapping[str, Table]:
        """The exchange's markets by ccxt's symbol, fetched once. Raises as `ask` does."""
        if self.ccxt.markets is None:
            self.ask(self.ccxt.load_markets)
        return cast("Mapping[str, Table]", self.ccxt.markets)
