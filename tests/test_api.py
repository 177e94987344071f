"""The public names, and what a program that uses them can rely on."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib.metadata import version

import pytest

import mediaoptout
from mediaoptout import errors
from tests.conftest import SAMPLES

NAMES = """
    Capacity Carrier Catalogue CatalogueError Credential DamagedError Declaration Delivery
    EXPECTED_USES EmbedOptions EmbedRecord ErrorInfo Essence Exit FailOn Finding Holder
    Identifier InspectRecord Integrity Interrupted Item Job Licence LimitError Matched Meaning
    Means MediaError MediaoptoutError Merging NotHereError Permission Policy PolicyError
    ProfileError RefusedError Reservation Role Scheme Severity SourceChangedError Statement Status
    Trust UnsupportedError UsageError Use Verdict VerifyRecord Vocabulary Work WriteError
    __version__ assigned embed embed_all in_place inspect inspect_all load_delivery load_policy
    load_profile match mirrored read_catalogue removal schema select strip to_line to_read verify
    verify_all with_texts Anchors trust_anchors ReportOptions ReportRun Reports
    Compared Evidence EvidenceMaking State check_evidence compare_evidence evidence_proof
""".split()


def test_the_names():
    assert sorted(mediaoptout.__all__) == sorted(NAMES)
    assert dir(mediaoptout) == sorted(mediaoptout.__all__)
    for name in NAMES:
        assert getattr(mediaoptout, name) is not None


def test_there_is_no_other():
    with pytest.raises(AttributeError, match="no attribute 'embed_some'"):
        _ = mediaoptout.embed_some


def test_the_version():
    assert mediaoptout.__version__ == version("mediaoptout")


def test_importing_loads_nothing():
    code = (
        "import mediaoptout, sys; print([m for m in sys.modules if m.startswith('mediaoptout.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_example_of_the_docstring(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))
    from mediaoptout import EmbedOptions, embed, load_profile, verify

    reservation = load_profile("eu-tdm", ["holder.name=Example Records"])
    new = tmp_path / "new.wav"
    record = embed(
        SAMPLES / "wav/pcm16.wav",
        new,
        reservation=reservation,
        options=EmbedOptions(sign=False),
    )
    assert record.status in ("written", "unchanged"), record.error
    assert verify(new).verdict == "reserved"


def test_a_folder_from_python(tmp_path):
    from mediaoptout import (
        Declaration,
        EmbedOptions,
        Means,
        embed_all,
        inspect_all,
        load_profile,
        mirrored,
        select,
        to_read,
        verify_all,
    )

    source, out = SAMPLES / "png", tmp_path / "out"
    jobs = mirrored(select([source]), [source], out)
    one = Means(processes=1)
    options = EmbedOptions(sign=False)
    done = list(embed_all(jobs, Declaration.of(load_profile()), options, means=one))
    assert {record.status for _, record in done if record} == {"written"}
    again = to_read(select([out]))
    assert {record.verdict for _, record in verify_all(again, means=one) if record} == {"reserved"}
    assert all(record.summary for _, record in inspect_all(again, means=one) if record)


def everything() -> list[type[errors.MediaoptoutError]]:
    found = [errors.MediaoptoutError]
    for kind in found:
        found += [sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__]
    return found


@pytest.mark.parametrize("kind", everything(), ids=lambda kind: kind.__name__)
def test_errors(kind):
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.__name__ in mediaoptout.__all__
    error = kind("what", at=5, fix="how", code="word")
    assert error.info == errors.ErrorInfo("word", "what", "offset 5", "how")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.info, str(again)) == (kind, error.info, "what")
    assert kind("what").info == errors.ErrorInfo(kind.code, "what")
