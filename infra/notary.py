"""Opens the notary of the configured log, with the places that receive its checkpoints."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from platformdirs import user_data_path

from adapters.log.address import KafkaAddress, parse_address
from adapters.log.recorder_log import RecordedLog
from adapters.notary.folder import KEY, NotaryFolder, key_of
from adapters.notary.git import GitWitness
from adapters.notary.key import opened
from adapters.notary.leaves import log_id_of
from adapters.notary.notary import Notary, Outlet, Pace
from domain.errors import InvalidInput, Refused
from domain.notary.checkpoint import origin_of
from domain.notary.note import COSIGNATURE, VerifierKey, parse_verifier
from infra.config import WhenceSettings
from infra.logs import client_of, open_reader

_log = logging.getLogger(__name__)


class WitnessAddress(NamedTuple):
    """The address of a witness, and its public key."""

    url: str
    key: VerifierKey

    @classmethod
    def parse(cls, text: str) -> WitnessAddress:
        """Reads URL=KEY. Raises InvalidInput, without the URL, which may hold a secret."""
        url, _, key = text.partition("=")
        if not url.startswith(("http://", "https://")) or not key:
            raise InvalidInput("--witness names no witness: write it like https://HOST/PATH=NAME+ID+KEY")
        found = parse_verifier(key)
        if found.algorithm != COSIGNATURE:
            raise InvalidInput(f"the key of {found.name} is that of a notary, not of a witness")
        return cls(url, found)

    def outlet(self, notary: VerifierKey, folder: Path) -> Outlet:
        """The witness as the notary in this folder uses it."""
        from adapters.notary.http_witness import HttpWitness

        return HttpWitness(self.url, self.key, notary, folder / f"witnessed-{self.key.id.hex()}")


def notarys_key(settings: WhenceSettings, folder: Path | None) -> tuple[VerifierKey, Path]:
    """The public key of the notary of the configured log, and its folder; the key is made where there is none.

    Raises KeyRefused, InvalidSettings, and what reading the log raises.
    """
    with closing(open_reader(settings)) as log:
        path = _folder(log, folder)
        return key_of(path, origin_of(log_id_of(log))).verifier, path


@contextmanager
def opened_notary(
    settings: WhenceSettings,
    folder: Path | None,
    git: Path | None,
    pace: Pace,
    witnesses: Sequence[WitnessAddress] = (),
) -> Generator[Notary]:
    """The notary of the configured log, which has compared the log with its last checkpoint.

    On Kafka its checkpoints also go to the topic of checkpoints, with `git` into that repository, and to each of the
    `witnesses`. Raises what `Notary`, `NotaryFolder` and the outlets raise.
    """
    with ExitStack() as held:
        log = held.enter_context(closing(open_reader(settings)))
        path = held.enter_context(_usable(_folder(log, folder)))
        has_key = (path / KEY).exists()
        found = held.enter_context(closing(NotaryFolder(path, origin_of(log_id_of(log)))))
        if not has_key:
            _log.warning(
                "%s had no key, so a new one was made there: whoever verifies the log needs its public part, %s. Where "
                "the log has a notary already, name its folder with --folder",
                path,
                found.key.verifier,
            )
        own = [*_outlets(settings, git, found.key.verifier)]
        own += [one.outlet(found.key.verifier, path) for one in witnesses]
        outlets = [held.enter_context(closing(one)) for one in own]
        yield held.enter_context(closing(Notary(log, found, outlets, pace)))


@contextmanager
def _usable(path: Path) -> Generator[Path]:
    """The notary's folder; an error of the system in it, such as a full disk, is raised as Refused."""
    try:
        yield path
    except OSError as fault:
        raise Refused(f"the notary's folder {path} cannot be used: {fault.strerror or fault}") from None


def notarys_folder(log_id: UUID | str) -> Path:
    """The folder of the notary of this log, where no other is given: one in this user's data folder of Whence."""
    return user_data_path("whence") / "notary" / str(log_id)


def checkpoints_of(log: RecordedLog, given: Path | None) -> Path:
    """The notary's folder of this log, or the given folder or file of checkpoints. Raises InvalidInput where the log is
    empty, so that it has no id."""
    return _folder(log, given)


def _folder(log: RecordedLog, given: Path | None) -> Path:
    return given or notarys_folder(log_id_of(log))


def _outlets(settings: WhenceSettings, git: Path | None, key: VerifierKey) -> Iterator[Outlet]:
    address = parse_address(settings.log)
    if isinstance(address, KafkaAddress):
        from adapters.notary.topic import CheckpointTopic

        yield CheckpointTopic(address.servers, address.topic, client_of(settings), key, opened)
    if git is not None:
        yield GitWitness(git, key.name)
