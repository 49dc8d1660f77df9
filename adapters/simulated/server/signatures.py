"""Who sent a request: API key, signature over the raw bytes, and the window of time in which it is valid."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256

from adapters.simulated.server.call import whole
from adapters.simulated.server.json_values import list_of
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.codes import WRONG_KEY, WRONG_SIGNATURE, WRONG_TIME, Declined

KEY, SIGN = "X-BAPI-API-KEY", "X-BAPI-SIGN"
TIMESTAMP, WINDOW = "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW"
DEFAULT_WINDOW = "5000"
"""The `recv_window` of a request that names none (ms)."""

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
    stamp, window = _text(headers, TIMESTAMP, ""), _text(headers, WINDOW, DEFAULT_WINDOW)
    check_time(stamp, window, wall)
    text = f"{stamp}{account.key}{window}".encode() + payload
    if not _is_signed(account, text, _text(headers, SIGN, "")):
        raise Declined(WRONG_SIGNATURE, f"[{text.decode(errors='replace')}]")
    return account


def check_time(stamp: str, window: str, wall: int) -> None:
    """Raises Declined (10002) for a timestamp outside its window."""
    given, width = whole(stamp) or 0, whole(window)
    width = int(DEFAULT_WINDOW) if width is None else width
    if not wall - width <= given < wall + _AHEAD:
        raise Declined(WRONG_TIME, f"req_timestamp[{stamp}],server_timestamp[{wall}],recv_window[{window}]")


def socket_signer(accounts: Mapping[str, Account], args: object, wall: int) -> Account | None:
    """The account of an `auth` operation's arguments (key, expiry in ms, signature); None where they do not fit."""
    given = list_of(args) or ()
    if len(given) != len(_SOCKET_ARGUMENTS):
        return None
    key, expires, sign = map(str, given)
    account = accounts.get(key)
    if account is None or (whole(expires) or 0) <= wall:
        return None
    return account if _is_signed(account, f"{_SOCKET_TEXT}{expires}".encode(), sign) else None


def signature(secret: str, text: bytes) -> str:
    """The HMAC-SHA256 in hexadecimal digits."""
    return hmac.new(secret.encode(), text, sha256).hexdigest()


def _is_signed(account: Account, text: bytes, sign: str) -> bool:
    return hmac.compare_digest(signature(account.secret, text).encode(), sign.encode())


def _text(headers: Mapping[str, str], name: str, default: str) -> str:
    """The header. aiohttp decodes bytes that are no UTF-8 to lone surrogates, which cannot be encoded again."""
    return headers.get(name, default).encode(errors="replace").decode()
