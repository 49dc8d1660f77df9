"""The lease of an account: nothing is sent without a renewal of lately."""

from __future__ import annotations

import os
from threading import Event
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from adapters.bybit.leased import LeasedAdapter
from adapters.lease import Lease, renewal_bytes
from domain.errors import ExchangeUnreachable

PLACE = "http://127.0.0.1:9/v5/order/create"


def leased(now: list[float]) -> Lease:
    return Lease(2.5, lambda: None, lambda: now[0])


def test_nothing_may_be_sent_before_the_first_renewal_and_after_a_renewal_has_become_old() -> None:
    now = [100.0]
    lease = leased(now)
    assert lease.fault
    lease.renew(100.0)
    lease.check()
    now[0] = 102.5
    with pytest.raises(ExchangeUnreachable, match=r"was not renewed within 2\.5 s"):
        lease.check()


def test_the_end_of_the_pipe_ends_a_lease_that_was_just_renewed() -> None:
    ended = Event()
    lease = Lease(2.5, ended.set, lambda: 100.0)
    ours, theirs = os.pipe()
    lease.follow(ours)
    packed = renewal_bytes(99.0) + renewal_bytes(100.0)
    for part in (packed[:11], packed[11:]):
        os.write(theirs, part)
    os.close(theirs)
    assert ended.wait(10)
    assert lease.fault == "the account's lease has ended"


def test_a_signed_request_is_not_written_to_the_socket_without_a_lease_and_a_query_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []

    def write(_self: object, request: Any, *_rest: Any, **_options: Any) -> requests.Response:
        written.append(request.method)
        found = requests.Response()
        found.status_code = 200
        return found

    monkeypatch.setattr(HTTPAdapter, "send", write)
    now = [100.0]
    lease = leased(now)
    with requests.Session() as session:
        session.mount("http://", LeasedAdapter(lease))
        with pytest.raises(ExchangeUnreachable):
            session.post(PLACE)
        session.get(PLACE)
        lease.renew(100.0)
        session.post(PLACE)
    assert written == ["GET", "POST"]
