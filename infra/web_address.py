"""Addresses of web servers, as options and settings have them."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Whether the text is the address of a web server, such as http://127.0.0.1:8680."""
    if not text.isprintable():
        return False
    try:
        found = urlsplit(text)
        has_host = bool(found.hostname) and found.port != 0
    except ValueError:
        return False
    return found.scheme in ("http", "https") and has_host and not found.query and not found.fragment
