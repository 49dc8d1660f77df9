"""A person who trades by hand on a log whose personal texts are sealed; every part is that of `whence api`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

from adapters.avro import AvroCodec
from adapters.personal.keys import PersonalKeys
from commands.door import Answer, Completed, Declined
from commands.request import Request, Requested
from commands.roles import Role
from domain.log import Recorded
from infra.config import WhenceSettings
from infra.inputs import input_tape, taped_inputs
from infra.logs import keys_of, open_reader
from infra.run.manual import ManualRun
from infra.run.personal import personal_texts_of
from infra.run.replaying import Replay
from infra.run.snapshots import owned_log
from tests.domain.history import LOG_ID
from tests.infra.run.test_manual import BEGINNING, NOON, PRICES, fed

ACTOR, REASON = "eve.smith", "my doctor's appointment"
"""Plain texts that no other part of a run has."""


class PrivateDesk:
    """One log in one folder; `run` is a session of its engine, at a clock that `passes` advances."""

    def __init__(self, folder: Path, log: str = "", *, seals: bool = True) -> None:
        self.folder, self.at = folder, NOON
        address = log or f"sqlite:///{folder / 'log.db'}"
        self.settings = WhenceSettings(
            log=address,
            keys=folder / "keys",
            index=folder / "index",
            seal_personal=seals,
            inputs_at_rest=True,
        )
        self.keys = PersonalKeys(keys_of(self.settings))
        self._run: ManualRun | None = None

    @contextmanager
    def run(self, *, seals: bool = True, taped: bool = True) -> Generator[ManualRun]:
        """One session, which is stopped at its end."""
        self.at += timedelta(seconds=1)
        settings = self.settings.model_copy(update={"seal_personal": seals})
        with owned_log(settings) as owned:
            tape = input_tape(settings, owned.log, lambda: self.at) if taped else nullcontext()
            with tape as inputs:
                run = ManualRun(
                    owned.log,
                    BEGINNING,
                    lambda _envelope: None,
                    clock=lambda: self.at,
                    name=lambda: LOG_ID,
                    feed=fed(PRICES),
                    tape=inputs,
                    snapshots=owned.snapshots,
                )
                run.keep_personal(personal_texts_of(settings))
                self._run = run
                with closing(run):
                    run.attend()
                    yield run

    def asks(self, request: Request, key: str, actor: str = ACTOR) -> Answer:
        """The answer to this person's request under this key."""
        assert self._run is not None
        requested = Requested(
            id=key,
            account="paper",
            actor=actor,
            valid_until=self.at + timedelta(minutes=1),
            request=request,
            role=Role.ADMIN,
        )
        return self._run.answer(requested)

    def completes(self, request: Request, key: str, actor: str = ACTOR) -> Completed:
        """The answer to a request that is carried out."""
        answer = self.asks(request, key, actor)
        assert isinstance(answer, Completed), answer
        return answer

    def declined(self, request: Request, key: str, actor: str = ACTOR) -> str:
        """Why the request is declined."""
        answer = self.asks(request, key, actor)
        assert isinstance(answer, Declined), answer
        return f"{answer.code}: {answer.reason}"

    def passes(self, seconds: int) -> None:
        """The engine attends once a second."""
        assert self._run is not None
        for _second in range(seconds):
            self.at += timedelta(seconds=1)
            self._run.attend()

    def events(self) -> list[Recorded]:
        """The events of the log, as they are recorded."""
        with closing(open_reader(self.settings)) as log:
            return list(log.read())

    def replay(self) -> Replay:
        """The log made again from its tape."""
        with closing(open_reader(self.settings)) as log:
            replay = Replay(log, AvroCodec(), taped_inputs(self.settings))
            for _ordinal in replay.steps():
                pass
            return replay

    def taped(self) -> str:
        """The inputs of the tape, in Python's notation."""
        return "\n".join(repr(one) for one in taped_inputs(self.settings))

    def files_with(self, text: str) -> list[str]:
        """The files in the folder, the keys left out, that contain this text."""
        files = [one for one in self.folder.rglob("*") if one.is_file() and "keys" not in one.parts]
        return sorted(one.name for one in files if text.encode() in one.read_bytes())
