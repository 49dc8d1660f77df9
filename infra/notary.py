"""Opens the notary of the configured log, with the places that receive its checkpoints."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from platformdirs import user_data_path

from adapters.log.address import KafkaAddress, parse_address
from adapters.log.recorder_log import RecordedLog
from adapters.notary.folder import NotaryFolder, key_of
from adapters.notary.git import GitWitness
from adapters.notary.key import opened
from adapters.notary.leaves import log_id_of
from adapters.notary.notary import Notary, Outlet, Pace
from domain.errors import Refused
from domain.notary.checkpoint import origin_of
from domain.notary.note import VerifierKey
from infra.config import WhenceSettings
from infra.logs import client_of, open_reader


def notarys_key(settings: WhenceSettings, folder: Path | None) -> tuple[VerifierKey, Path]:
    """The public key of the notary of the configured log, and its folder; the key is made where there is none.

    Raises KeyRefused, InvalidSettings, and what reading the log raises.
    """
    with closing(open_reader(settings)) as log:
        path = _folder(log, folder)
        return key_of(path, origin_of(log_id_of(log))).verifier, path


@contextmanager
def opened_notary(
    settings: WhenceSettings, folder: Path | None, git: Path | None, pace: Pace
) -> Generator[Notary]:
    """The notary of the configured log, which has compared the log with its last checkpoint.

    On Kafka its checkpoints also go to the topic of checkpoints, and with `git` into that repository. Raises what
    `Notary`, `NotaryFolder` and the outlets raise.
    """
    with ExitStack() as held:
        log = held.enter_context(closing(open_reader(settings)))
        path = held.enter_context(_usable(_folder(log, folder)))
        found = held.enter_context(closing(NotaryFolder(path, origin_of(log_id_of(log)))))
        outlets = [held.enter_context(closing(one)) for one in _outlets(settings, git, found.key.verifier)]
        yield held.enter_context(closing(Notary(log, found, outlets, pace)))


@contextmanager
def _usable(path: Path) -> Generator[Path]:
    """The notary's folder; an error of the system in it, such as a full disk, is raised as Refused."""
    try:
        yield path
    except OSError as fault:
        raise Refused(f"the notary's folder {path} cannot be used: {fault.strerror or fault}") from None


def _folder(log: RecordedLog, given: Path | None) -> Path:
    """The notary's folder: by default one for each log, in this user's data folder of Whence."""
    return given or user_data_path("whence") / "notary" / str(log_id_of(log))


def _outlets(settings: WhenceSettings, git: Path | None, key: VerifierKey) -> Iterator[Outlet]:
    address = parse_address(settings.log)
    if isinstance(address, KafkaAddress):
        from adapters.notary.topic import CheckpointTopic

        yield CheckpointTopic(address.servers, address.topic, client_of(settings), key, opened)
    if git is not None:
        yield GitWitness(git, key.name)
