"""The table of checks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path
from sqlalchemy import text

from adapters.avro.schema import current_schemas
from adapters.kafka.topic_table import CLOCK, Role
from adapters.log.address import MemoryAddress, SqliteAddress
from adapters.log.moved import check_continues
from adapters.log.recorder_log import RecordedLog
from commands.clock_reading import check_clock
from commands.venue_account import check as check_account
from domain.errors import KeyMissing, MarkRefused, NotAdopted, UnknownSchema
from infra.config import shown, unmasked
from infra.doctor import kafka
from infra.doctor.disk import check_folder
from infra.doctor.examination import Check
from infra.doctor.subject import Subject
from infra.logs import keys_of, open_reader
from infra.run.connecting import connected
from infra.run.connecting import keys_of as exchange_keys
from infra.run.live_plan import LiveVenue
from infra.store import migrated_store
from infra.store_address import store_address
from infra.trading import trading_settings
from projections.answering import answering
from projections.store import reading

_LAST: Final = 1_000
"""The events at the end of the log that are read: the whole log is verified by `whence audit verify`."""
_NAMED: Final = 5
_TEST: Final = "SELECT 1"

_SERVER: Final = "start the server, or correct {}; a firewall may be between"
_BROKER: Final = _SERVER.format("the brokers in --log")
_CHANGED: Final = (
    "Keep the log as it is for whoever examines it, and make another of a backup: `whence log restore FOLDER --log "
    "URL` into a new log, then `whence log adopt`; docs/security.md has what each kind of change means"
)
_REGISTRY: Final = _SERVER.format("registry.url in whence.toml")
_EXCHANGE: Final = "look at the network, at --address and at the exchange's announcements, and repeat it"


def _settings(subject: Subject) -> str:
    trading_settings(subject.settings.trading)
    return f"valid; {subject.settings.config or 'no settings file'}"


def _keys(subject: Subject) -> str:
    folder = keys_of(subject.settings)
    keys = folder.read()
    if not keys:
        return f"no key is in {folder.path} yet: the first engine that opens a new log makes one"
    return f"{len(keys)} in {folder.path}, which only its owner may read"


def _secrets(subject: Subject) -> str:
    assert subject.place is not None
    exchange_keys(subject.place, subject.settings.secrets)
    return f"key and secret of {subject.place} are at hand"


def _log(subject: Subject) -> str:
    address = subject.log
    if isinstance(address, SqliteAddress) and not address.path.exists():
        return f"{address} does not exist yet: the first run makes it{_logs_beside(address.path)}"
    try:
        with closing(open_reader(subject.settings)) as reader:
            return f"{shown(subject.settings.log)} has {_readable(reader, subject)}"
    except MarkRefused as fault:
        raise MarkRefused(f"{fault}. {_CHANGED}") from None


def _readable(reader: RecordedLog, subject: Subject) -> str:
    if reason := reader.unverified():
        raise KeyMissing(f"{shown(subject.settings.log)} is read as unverified: {reason}")
    head = reader.head()
    count = sum(1 for _ in reader.read(max(0, head - _LAST)))
    return f"{head} events; the last {count} are readable{_read_only(reader, subject)}"


def _read_only(reader: RecordedLog, subject: Subject) -> str:
    """Why no engine may write to the log, for a role that only reads it. Raises NotAdopted for an engine."""
    try:
        check_continues(reader, shown(subject.settings.log))
    except NotAdopted as fault:
        if subject.role is Role.ENGINE:
            raise
        return f"; read only: {fault}"
    return ""


def _logs_beside(path: Path) -> str:
    """The files in the folder that may be logs, for a mistyped name."""
    found = sorted(one.name for one in path.parent.glob("*.db") if one.suffixes == [".db"])[:_NAMED]
    return f"; the folder has {', '.join(found)}" if found else ""


def _registry(subject: Subject) -> str:
    from adapters.registry.registry import Registry

    topic = getattr(subject.log, "topic", "whence.events")
    with Registry(unmasked(subject.settings.registry), topic) as registry:
        absent = [one.name for one in current_schemas().values() if registry.find(one) is None]
        if absent:
            raise UnknownSchema(
                f"{len(absent)} schemas are not registered at {registry.address}, as {absent[0]}: run `whence schemas "
                f"register --registry {registry.address} --topic {topic}`"
            )
        return f"{registry.address} has the {len(current_schemas())} schemas of the events"


def _store(subject: Subject) -> str:
    address = store_address(subject.settings)
    if isinstance(address, SqliteAddress) and not address.path.exists():
        return f"{address} does not exist yet: `whence api` and `whence projections` make it"
    with migrated_store(subject.settings) as engine, answering(engine), reading(engine) as connection:
        connection.execute(text(_TEST))
    return f"{address} answers, and its tables are of this version"


def _venue(subject: Subject) -> LiveVenue:
    assert subject.place is not None
    return connected(exchange_keys(subject.place, subject.settings.secrets), subject.place, {}, lambda: None)


def _exchange_clock(subject: Subject) -> str:
    with closing(_venue(subject)) as venue:
        check_clock(venue.account.clock_reading)
    return f"{subject.place} answers, and its clock agrees with this machine's"


def _exchange_key(subject: Subject) -> str:
    with closing(_venue(subject)) as venue:
        check_account(venue.account, (), lambda _instrument: ())
    return "may trade, and may not withdraw"


def _log_folder(subject: Subject) -> str:
    assert isinstance(subject.log, SqliteAddress)
    return check_folder(subject.log.path.parent)


def _store_folder(subject: Subject) -> str:
    address = store_address(subject.settings)
    assert isinstance(address, SqliteAddress)
    return check_folder(address.path.parent)


def _has_exchange(subject: Subject) -> bool:
    return subject.place is not None


def _on_kafka(subject: Subject) -> bool:
    return subject.is_on_kafka


CHECKS: Final[Sequence[Check[Subject]]] = (
    Check("settings", _settings),
    Check("keys", _keys),
    Check("exchange's key at hand", _secrets, _has_exchange),
    Check("disk of the log", _log_folder, lambda one: isinstance(one.log, SqliteAddress)),
    Check(
        "disk of the store", _store_folder, lambda one: isinstance(store_address(one.settings), SqliteAddress)
    ),
    Check("disk of the keys", lambda one: check_folder(keys_of(one.settings).path)),
    Check(
        "disk of the index",
        lambda one: check_folder(one.settings.index or user_cache_path("whence")),
        _on_kafka,
    ),
    Check("kafka", kafka.connection, _on_kafka, mend=_BROKER),
    Check("kafka's topics", kafka.topics, _on_kafka, 30.0, _BROKER),
    Check("kafka's rights", kafka.rights, _on_kafka, mend=_BROKER),
    Check(
        "kafka's clock", kafka.clock, lambda one: one.is_on_kafka and one.role in CLOCK.rights, mend=_BROKER
    ),
    Check("registry", _registry, lambda one: bool(one.settings.registry), 30.0, _REGISTRY),
    Check("log", _log, lambda one: not isinstance(one.log, MemoryAddress), 300.0, _SERVER.format("--log")),
    Check("store", _store, seconds=30.0, mend=_SERVER.format("--store")),
    Check("exchange's clock", _exchange_clock, _has_exchange, 60.0, _EXCHANGE),
    Check("exchange's key", _exchange_key, _has_exchange, 60.0, _EXCHANGE),
)
