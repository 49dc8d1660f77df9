"""The address that a signal came from, and whether a source's settings allow it."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from adapters.signals.settings import Network

Address = IPv4Address | IPv6Address


def sender(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> Address | None:
    """The address of the sender; None where it cannot be read.

    `forwarded` are the values of `X-Forwarded-For`, in their order. They are believed only where the peer is one of the
    installation's own proxies; then the last address is the sender's that is none of them.
    """
    listed = [part.strip() for value in forwarded for part in value.split(",")]
    for text in (peer, *reversed(listed)):
        address = _address(text)
        if address is None or not is_within(address, proxies):
            return address
    return None


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether the address is in one of the networks."""
    return any(address in network for network in networks)


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
