"""`whence notary` and `whence audit`, as a notary, an auditor and a witness use them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from tests.infra.cli.conftest import Whence
from tests.old_logs.logs import FOLDER, sealed

LOG = "sqlite:///log.db"
ORIGIN = "whence/04a55ba8-abe3-5500-bca9-29fb358067cd"


@pytest.fixture
def key(whence: Whence, tmp_path: Path) -> str:
    """The public key of the notary of a log of 159 events, which it has signed."""
    shutil.copy(FOLDER / "tape" / "log.db", tmp_path / "log.db")
    sealed(tmp_path / "log.db")
    printed = whence("notary", "key", "--log", LOG, "--folder", "notary")
    assert (printed.code, printed.err) == (0, "its private part is in notary\n")
    signed = whence("notary", "run", "--once", "--log", LOG, "--folder", "notary", "--events", "50")
    assert (signed.code, signed.out) == (0, "")
    assert signed.err == (
        "no event was signed before: the log is signed from its first event on\nevents that are signed: 159\n"
    )
    return printed.out.strip()


@pytest.mark.usefixtures("key")
def test_a_notary_in_a_folder_without_a_key_states_that_it_has_made_a_new_one(
    whence: Whence, caplog: pytest.LogCaptureFixture
) -> None:
    assert whence("notary", "run", "--once", "--log", LOG, "--folder", "notary").code == 0
    assert "had no key" not in caplog.text
    assert whence("notary", "run", "--once", "--log", LOG, "--folder", "notray").code == 0
    assert "notray had no key, so a new one was made there" in caplog.text


def test_an_auditor_verifies_a_log_proves_an_event_and_checks_the_proof_without_the_log(
    whence: Whence, tmp_path: Path, key: str
) -> None:
    shutil.copy("notary/checkpoints", "received")
    with_key = ("--key", key)
    verified = whence(
        "audit", "verify", "--log", LOG, *with_key, "--checkpoints", "received", "--save", "saved"
    )
    assert verified.code == 0
    assert verified.out == (
        f"159 events of {ORIGIN} are as they were signed; checkpoints compared: 4; later events, which are in none "
        "of them: 0\n"
    )
    resumed = whence(
        "audit", "verify", "--log", LOG, *with_key, "--checkpoints", "received", "--from", "saved", "--json"
    )
    assert json.loads(resumed.out) == {"origin": ORIGIN, "events": 159, "checkpoints": 0, "unsigned": 0}
    proven = whence(
        "audit", "prove", "5", "--log", LOG, *with_key, "--checkpoints", "received", "--out", "proof"
    )
    assert (proven.code, proven.out) == (0, "proof\n")
    Path("log.db").unlink()
    checked = whence("audit", "check", "proof", *with_key)
    assert checked.code == 0
    assert checked.out.startswith(
        f"ordinal 5, whence.instrument.InstrumentListed, version 2 of instruments-paper, is in the checkpoint of 159 "
        f"events of {ORIGIN}:\n"
    )
    as_json = json.loads(whence("audit", "check", "proof", *with_key, "--json").out)
    assert as_json["ordinal"] == 5
    for fields in (as_json["fields"], json.loads(checked.out.partition("\n")[2])):
        times = [fields["meta"][name] for name in ("occurred_at", "recorded_at")]
        assert all(one.endswith("Z") and datetime.fromisoformat(one) for one in times), times


def test_a_changed_log_is_named_with_its_ordinal_in_one_line(
    whence: Whence, tmp_path: Path, key: str
) -> None:
    with closing(sqlite3.connect("log.db")) as file:
        file.execute("DELETE FROM stored_events WHERE rowid > 100")
        file.commit()
    sealed(Path("log.db"))
    found = whence("audit", "verify", "--log", LOG, "--key", key, "--checkpoints", "notary")
    assert (found.code, found.out, found.err.count("\n")) == (4, "", 1)
    assert "the log ends at ordinal 100, and a checkpoint of 159 events is signed" in found.err
    again = whence("notary", "run", "--once", "--log", LOG, "--folder", "notary")
    assert again.code == 4
    assert "the log ends at ordinal 100" in again.err


def test_a_witness_signs_what_continues_its_last_checkpoint_and_its_signature_can_be_demanded(
    whence: Whence, tmp_path: Path, key: str
) -> None:
    notes = Path("notary/checkpoints").read_text().split(f"{ORIGIN}\n")
    Path("early").write_text(f"{ORIGIN}\n{notes[1]}".rstrip("\n") + "\n")
    folder = ("--folder", "witness", "--key", key)
    nameless = whence("notary", "cosign", "early", *folder)
    assert (nameless.code, nameless.err.count("\n")) == (2, 1)
    assert "name the witness with --name" in nameless.err
    first = whence("notary", "cosign", "early", *folder, "--name", "witness.example", "--out", "signed")
    assert first.code == 0
    witness = first.err.removeprefix("signed with ").strip()
    unproven = whence("notary", "cosign", "notary/checkpoint", *folder)
    assert unproven.code == 1
    assert "the last checkpoint seen has 50 events: give the proof" in unproven.err
    proof = whence(
        "audit", "consistency", "signed", "notary/checkpoint", "--log", LOG, "--key", key, "--out", "proof"
    )
    assert (proof.code, proof.err) == (0, "")
    assert whence("audit", "check", "proof", "--key", key).out == (
        f"the checkpoint of 159 events of {ORIGIN} continues that of 50 events: none of these was changed or removed\n"
    )
    second = whence("notary", "cosign", "proof", *folder, "--out", "signed")
    assert second.code == 0
    demanded = ("--key", key, "--witness", witness, "--checkpoints")
    assert whence("audit", "verify", "--log", LOG, *demanded, "signed").code == 0
    refused = whence("audit", "verify", "--log", LOG, *demanded, "notary")
    assert refused.code == 1
    assert "has no signature of witness.example" in refused.err


_VERIFY = ("audit", "verify", "--log", LOG, "--key")
_PROVE = ("audit", "prove", "--log", LOG, "--checkpoints", "notary", "--key")
INVALID: Sequence[tuple[tuple[str, ...], str]] = (
    (("audit", "check", "none", "--key", "KEY"), "none cannot be read: No such file or directory"),
    (("audit", "check", "log.db", "--key", "KEY"), "log.db is not a proof"),
    (("audit", "check", "log.db", "--key", "x"), "a verifier key has three parts"),
    (("audit", "check", "log.db", "--key", "KEYx"), "the verifier key is not base64"),
    ((*_VERIFY, "KEY", "--checkpoints", "log.db"), "log.db"),
    ((*_VERIFY, "KEY", "--checkpoints", "none"), "the checkpoints none cannot be read"),
    (
        (*_VERIFY, "KEY", "--checkpoints", "notary", "--from", "log.db"),
        "log.db is not what `whence audit verify",
    ),
    ((*_PROVE, "KEY", "5", "6", "--out", "x"), "--out takes the proof of one event"),
    ((*_PROVE, "KEY", "x"), "'x' is neither the id of an event nor an ordinal"),
    (("notary", "run", "--once", "--log", "sqlite:///none.db"), "there is no log at none.db"),
)


def test_each_invalid_input_is_reported_in_one_line(whence: Whence, key: str) -> None:
    for words, message in INVALID:
        done = whence(*(word.replace("KEY", key) for word in words))
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), words
        assert message in done.err


@pytest.mark.parametrize("seconds", ["nan", "0", "1e9", "x"])
def test_an_interval_that_is_no_number_of_seconds_is_refused(whence: Whence, seconds: str) -> None:
    done = whence("notary", "run", "--once", "--every", seconds)
    assert (done.code, done.out) == (2, "")
    assert "Invalid value for '--every'" in done.err


def test_a_proof_that_was_written_is_named(whence: Whence, key: str) -> None:
    words = ("--log", LOG, "--key", key)
    proven = whence("audit", "prove", "5", *words, "--checkpoints", "notary", "--out", "proof.json")
    assert (proven.code, proven.out) == (0, "proof.json\n")
    same = whence(
        "audit", "consistency", "notary/checkpoint", "notary/checkpoint", *words, "--out", "same.json"
    )
    assert (same.code, same.out) == (0, "same.json\n"), same.err
