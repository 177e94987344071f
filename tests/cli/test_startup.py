"""What a command loads: heavy libraries only where they are used."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.cli.calling import call
from tests.conftest import SAMPLES

HEAVY = {"lxml", "mutagen", "c2pa", "cryptography", "PIL", "rich", "jinja2", "multiprocessing"}
PROBE = """
import json, sys
sys.argv[0] = "mediaoptout"
from mediaoptout.cli import main
try:
    main()
except SystemExit as end:
    code = end.code
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps([int(code or 0), loaded]), file=sys.stderr)
"""


def loaded(*arguments: str) -> tuple[int, set[str]]:
    """The code that a command ends with, and the libraries that it loaded."""
    # A measurement of coverage would load libraries of its own.
    env = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        env=env,
        timeout=60,
        check=True,
    )
    code, names = json.loads(done.stderr.splitlines()[-1])
    return code, set(names)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["embed", "--help"],
        ["--version"],
        ["profile", "list"],
        ["formats"],
        ["schema", "embed"],
    ],
    ids=" ".join,
)
def test_commands_without_files_load_nothing_heavy(work, arguments):
    code, names = loaded(*arguments)
    assert code == 0
    assert names & HEAVY == set()


def test_help_loads_nothing_that_it_does_not_need(work):
    _, names = loaded("--help")
    assert names & {"platformdirs", "pydantic", "tomllib", "xml"} == set()


SAMPLE_FILES = [
    "jpeg/baseline.jpg",
    "png/rgb.png",
    "mp3/id3v24.mp3",
    "wav/bwf.wav",
    "flac/tags-picture.flac",
    "mp4/faststart.mp4",
    "mov/mpeg4-pcm.mov",
]


@pytest.mark.parametrize("name", SAMPLE_FILES)
@pytest.mark.parametrize("tagged", [False, True])
def test_a_quick_verify_loads_no_library_for_media(work, name, tagged):
    path = SAMPLES / name
    if tagged:
        assert call("embed", path, "-o", "out", "--no-sign").code == 0
        path = work / "out" / path.name
    code, names = loaded("verify", "--quick", str(path))
    assert code == (0 if tagged else 1)
    assert names & (HEAVY - {"lxml", "multiprocessing"}) == set()


def test_without_a_manifest_a_full_verify_does_not_load_c2pa(work):
    _, names = loaded("verify", str(SAMPLES / "jpeg/xmp.jpg"))
    assert names & {"c2pa", "cryptography"} == set()


def test_an_unsigned_embed_does_not_load_c2pa(work):
    code, names = loaded("embed", str(SAMPLES / "jpeg/xmp.jpg"), "-o", "x.jpg", "--no-sign")
    assert code == 0
    assert names & {"c2pa", "cryptography", "PIL", "rich"} == set()
