"""Who sent a request: API key, signature over the raw bytes, and the window of time in which it is valid."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256

from adapters.simulated.server.json_values import list_of
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.codes import WRONG_KEY, WRONG_SIGNATURE, WRONG_TIME, Declined

KEY, SIGN = "X-BAPI-API-KEY", "X-BAPI-SIGN"
TIMESTAMP, WINDOW = "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW"
DEFAULT_WINDOW = "5000"

_AHEAD = 1_000
_SOCKET_ARGUMENTS = ("key", "expires", "signature")
_SOCKET_TEXT = "GET/realtime"


def signer(accounts: Mapping[str, Account], headers: Mapping[str, str], payload: bytes, wall: int) -> Account:
    """The account that signed `payload`, the raw query string or body.

    Raises Declined: 10003 for an unknown key, 10002 for a timestamp outside
    `wall - recv_window <= timestamp < wall + 1000` (ms), 10004 for another signature.
    """
    account = accounts.get(headers.get(KEY, ""))
    if account is None:
        raise Declined(WRONG_KEY)
    stamp, window = headers.get(TIMESTAMP, ""), headers.get(WINDOW, DEFAULT_WINDOW)
    check_time(stamp, window, wall)
    text = f"{stamp}{account.key}{window}".encode() + payload
    if not hmac.compare_digest(signature(account.secret, text), headers.get(SIGN, "")):
        raise Declined(WRONG_SIGNATURE, f"[{text.decode(errors='replace')}]")
    return account


def check_time(stamp: str, window: str, wall: int) -> None:
    """Raises Declined (10002) for a timestamp outside its window."""
    given = int(stamp) if stamp.isdecimal() else 0
    width = int(window) if window.isdecimal() else int(DEFAULT_WINDOW)
    if not wall - width <= given < wall + _AHEAD:
        raise Declined(WRONG_TIME, f"req_timestamp[{stamp}],server_timestamp[{wall}],recv_window[{window}]")


def socket_signer(accounts: Mapping[str, Account], args: object, wall: int) -> Account | None:
    """The account of an `auth` operation's arguments (key, expiry in ms, signature); None where they do not fit."""
    given = list_of(args) or ()
    if len(given) != len(_SOCKET_ARGUMENTS):
        return None
    key, expires, sign = map(str, given)
    account = accounts.get(key)
    if account is None or not expires.isdecimal() or int(expires) <= wall:
        return None
    expected = signature(account.secret, f"{_SOCKET_TEXT}{expires}".encode())
    return account if hmac.compare_digest(expected, sign) else None


def signature(secret: str, text: bytes) -> str:
    """The HMAC-SHA256 in hexadecimal digits."""
    return hmac.new(secret.encode(), text, sha256).hexdigest()
