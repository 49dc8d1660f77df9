"""The plan of a sandbox, which its process reads from its standard input, and what keeps it apart from real trading."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from adapters.http.options import is_loopback
from adapters.log.address import SqliteAddress, parse_address
from adapters.telegram.debug_settings import DebugSettings
from domain.errors import InvalidInput, InvalidSettings
from infra.config import WhenceSettings
from infra.run.listening import LOOPBACK
from infra.store_address import store_address

ACCOUNT: Final = "sandbox"
"""The account of every sandbox, by which the bot knows that an API is a sandbox's."""
INTERVAL: Final = "1m"
"""The candles of a sandbox: the last price is at most as old as one of them."""
_PASSED_ON: Final = frozenset(
    {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"}
)
_FORBIDDEN: Final = re.compile(
    r"WHENCE_|TELEGRAM_|KAFKA_|SIGNALS_|VAULT_|DATABASE_URL|SCHEMA_REGISTRY_URL|.*(KEY|SECRET|PASSWORD|TOKEN)$",
    re.IGNORECASE,
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class SandboxPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sandbox's process is started with. It has no address of another log or API, and no secret.

    `log` is the path of a file that does not exist yet; `instruments` that of imported trading rules, None without.
    """

    log: str
    port: int
    exchange: str
    address: str
    symbols: tuple[str, ...]
    instruments: str | None

    @property
    def url(self) -> str:
        """GraphQL's address of the sandbox's API."""
        return f"http://{LOOPBACK}:{self.port}/graphql"


class SandboxPlace:
    """Where the sandboxes of these settings run. Raises InvalidSettings where that is not apart from real trading."""

    def __init__(self, settings: WhenceSettings) -> None:
        self._debug = settings.telegram.debug
        self._instruments = None if settings.instruments is None else str(settings.instruments.resolve())
        self.folder = self._debug.folder.resolve()
        _check_port(self._debug, settings.telegram.api)
        _check_folder(self.folder, settings)

    def plan(self, now: datetime) -> SandboxPlan:
        """The plan of a sandbox that is started now, with a log of its own."""
        debug = self._debug
        return SandboxPlan(
            log=str(self.folder / f"{ACCOUNT}-{now:%Y%m%dT%H%M%S%f}.db"),
            port=debug.port,
            exchange=debug.exchange,
            address=debug.address,
            symbols=debug.symbols,
            instruments=self._instruments,
        )


def sandbox_place(settings: WhenceSettings) -> SandboxPlace | None:
    """The place of the sandboxes; None where `[telegram.debug]` is off. Raises what `SandboxPlace` raises."""
    return SandboxPlace(settings) if settings.telegram.debug.on else None


def _check_port(debug: DebugSettings, api: str) -> None:
    parts = urlsplit(api)
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    if port == debug.port and _is_this_machine(parts.hostname or ""):
        raise InvalidSettings(
            f"telegram.debug.port: {debug.port} is the port of telegram.api, {api}, which trades for real; give the "
            "sandbox a port of its own"
        )


def _is_this_machine(host: str) -> bool:
    """Whether a client that connects to the host may reach the loopback interface, as by 0.0.0.0 or 127.1."""
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None)}
    except OSError:
        return is_loopback(host)
    return any(_is_here(ipaddress.ip_address(one.partition("%")[0])) for one in found)


def _is_here(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    found = mapped or address
    return found.is_loopback or found.is_unspecified


def _check_folder(folder: Path, settings: WhenceSettings) -> None:
    """Refuses the folder of the log or of its store, whatever their files are called."""
    for noun, address in (("log", parse_address(settings.log)), ("store", store_address(settings))):
        if isinstance(address, SqliteAddress) and address.path.resolve().parent == folder:
            raise InvalidSettings(
                f"telegram.debug.folder: {folder.name} is the folder of the {noun} {address.path.name}, which is not "
                "the sandbox's; give the sandbox a folder of its own"
            )


def sandbox_environment(given: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """The environment of a sandbox's process: a few variables of this one, and the folder as its home."""
    return {name: value for name, value in given.items() if name in _PASSED_ON} | {"HOME": str(folder)}


def check_environment(names: Collection[str]) -> None:
    """Raises InvalidInput where a variable may be the key of an exchange, a token or a setting of real trading."""
    found = sorted(name for name in names if _FORBIDDEN.match(name))
    if found:
        raise InvalidInput(
            f"a sandbox is started without keys, tokens and settings of Whence, but its environment has "
            f"{', '.join(found)}: unset them; the bot starts it without"
        )


def check_fresh(log: Path) -> None:
    """Raises InvalidInput where the log, or any file beside it that its name begins, exists."""
    found = sorted(one.name for one in log.parent.glob(f"{log.name}*"))
    if found:
        raise InvalidInput(
            f"the log of a sandbox is a new file, but {', '.join(found)} exists: name another one"
        )
