"""The option `--model` of a what-if, a shadow and a backtest: a registered model, a model file, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from commands.scorer import LoadedModel, ModelScorer
from domain.errors import InvalidInput
from domain.features.book import BOOK_1
from domain.features.sets import SETS, check_fed
from domain.log import LogReader
from domain.model import ModelRegistered
from domain.models.file import ModelFile
from domain.settings import SettingsChanged
from infra.cli.model_registry import named, registration_of
from infra.config import WhenceSettings
from infra.learning.model_files import open_model
from infra.learning.model_folder import loaded
from infra.model_store import model_store
from infra.run.backtest import NO_CHANGE, Change
from infra.run.other_model import REASON, OtherModel
from infra.run.scorers import tape_scorer

NONE = "none"
_OF_A_FILE = "what_if"
"""The line of models of a file that the log does not know."""


class ChosenModel(NamedTuple):
    """The model of the candidate, and by SHA-256 what is read of a file outside of the folder of models."""

    model: OtherModel
    files: Mapping[str, LoadedModel]


def chosen_model(given: str, log: LogReader, settings: WhenceSettings) -> ChosenModel:
    """The model that the option names: `none`, a file, or the first digits of a registered model's SHA-256.

    Raises InvalidInput for digits that name no registered model or several, a damaged file, and a feature set that this
    program cannot compute; ModelMissing and ModelChanged where its file is missing or changed.
    """
    if given == NONE:
        return ChosenModel(OtherModel(), {})
    names = _registered(log)
    if (file := Path(given)).is_file():
        content, model, data = open_model(file)
        known, sha256 = {model.sha256: loaded(data)}, model.sha256
    else:
        sha256 = named(given, names)
        known, content = {}, model_store(settings).file_of(sha256)
    _check_features(given, content, has_books=_has_books(log))
    registration = registration_of(content, sha256, names.get(sha256, _OF_A_FILE), REASON)
    return ChosenModel(OtherModel(registration), known)


def with_model(
    change: Change, given: str | None, log: LogReader, settings: WhenceSettings
) -> tuple[Change, ModelScorer]:
    """The change with the model of the option, where it is given, and the scorer of both sides. See `chosen_model`."""
    if given is None:
        return change, tape_scorer(settings)
    chosen = chosen_model(given, log, settings)
    return replace(change, model=chosen.model), tape_scorer(settings, chosen.files)


def with_file_model(
    given: str, settings: WhenceSettings, *, has_books: bool, needs_books: bool
) -> tuple[Change, ModelScorer]:
    """The change and the scorer of a backtest whose log is new, with the model of a file, or none.

    `has_books` states that the market has order books, `needs_books` that the engine has that of every instrument.
    Raises InvalidInput for what is no file, a damaged file and a feature set that this program or this market does not
    have, and Refused for one of order books that the engine need not have.
    """
    if given == NONE:
        return NO_CHANGE, tape_scorer(settings)
    if not (file := Path(given)).is_file():
        raise InvalidInput(
            f"--model {given[:60]}: this is no file, and a new log knows no registered model; name the model's file, "
            f"such as {settings.models.folder}/<sha256>.json"
        )
    content, model, data = open_model(file)
    if content.feature_set == BOOK_1.id and not has_books:
        raise InvalidInput(
            f"--model {given}: it reads the features {BOOK_1.id}, figures of order books, which this market does not "
            "have: trade a recording of `whence record` with --recording"
        )
    _check_features(given, content, has_books=needs_books)
    registration = registration_of(content, model.sha256, _OF_A_FILE, REASON)
    scorer = tape_scorer(settings, {model.sha256: loaded(data)})
    return Change(model=OtherModel(registration)), scorer


def _registered(log: LogReader) -> Mapping[str, str]:
    """The name of each model that the log knows, by its SHA-256."""
    events = (one.envelope.event for one in log.read())
    return {one.sha256: one.name for one in events if isinstance(one, ModelRegistered)}


def _has_books(log: LogReader) -> bool:
    """Whether the engine of this log ever had to have the book of every instrument."""
    events = (one.envelope.event for one in log.read())
    return any(isinstance(one, SettingsChanged) and one.settings.book.required for one in events)


def _check_features(given: str, content: ModelFile, *, has_books: bool) -> None:
    """The candidate computes the features of its signals by the same reader as the run that is recorded."""
    if content.feature_set not in SETS:
        raise InvalidInput(
            f"--model {given}: it reads the features {content.feature_set}, and this program computes "
            f"{', '.join(sorted(SETS))}: no score of it can be made; train a model on those"
        )
    check_fed(content.feature_set, has_books=has_books)
