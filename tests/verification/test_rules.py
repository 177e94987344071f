"""Single rules where the planted faults do not go."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mediaoptout import EmbedOptions, embed, load_policy, load_profile, verify
from mediaoptout.credentials import session
from mediaoptout.records import Traits, VerifyRecord
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.verification import checksums
from mediaoptout.verification.policy import compared
from mediaoptout.verification.rules.matching import host_of, matches
from mediaoptout.verification.rules.technical import Comparison, _fits
from tests.conftest import SAMPLES


def findings(path: Path, folder: Path, rules: str, **options) -> dict[str, str]:
    policy = folder / "policy.toml"
    policy.write_text(rules)
    record = verify(path, policy=load_policy(str(policy)), **options)
    return {item.rule: item.message for item in reversed(record.findings)}


def tagged(folder: Path, sample: str, *settings: str) -> Path:
    target = folder / Path(sample).name
    reservation = load_profile("eu-tdm", settings)
    embed(SAMPLES / sample, target, reservation=reservation, options=EmbedOptions(sign=False))
    return target


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://rights.example.org/x?y", "rights.example.org"),
        ("HTTP://EXAMPLE.ORG", "example.org"),
        ("www.example.org", "www.example.org"),
        ("rights@example.org", "example.org"),
        ("mailto:rights@example.org", "example.org"),
        ("https://müller.example/", "müller.example"),
        ("https://localhost/x", None),
        ("https://", None),
        ("ftp://example.org", None),
        ("example", None),
        ("rights@example", None),
        ("https://[::1", None),
        ("", None),
    ],
)
def test_hosts(address: str, host: str | None):
    assert host_of(address) == host


def test_names_are_compared_as_people_would():
    assert matches("Example  Records", ("example records",))
    assert matches("Example Records", ("Example*",))
    assert matches("Example [UK] Ltd", ("Example [UK] *",))
    assert not matches("Another", ("Example*",))
    assert not matches("Another", ())


@pytest.mark.parametrize(
    ("value", "wanted", "fits"),
    [
        (44100, Comparison(is_=44100), True),
        (44100, Comparison(is_="44100"), True),
        ("pcm", Comparison(is_="PCM"), True),
        (29.97, Comparison(one_of=(25, 29.97)), True),
        (29.976, Comparison(one_of=(25, 29.97)), False),
        (24, Comparison(at_least=16, at_most=24), True),
        (32, Comparison(at_least=16, at_most=24), False),
        ("High@L4", Comparison(like="high@*"), True),
        ("Main", Comparison(like="high@*"), False),
        ("text", Comparison(at_least=1), False),
    ],
)
def test_comparisons(value, wanted: Comparison, fits: bool):
    assert _fits(value, wanted) is fits


LISTS = {
    "sums.sha256": "{sha256}  {name}\n",
    "sums.md5": "{md5} *{name}\n",
    "SHA1SUMS": "# made today\n{sha1}  ./{name}\n",
    "sums.sha512": "SHA512 ({name}) = {sha512}\n",
    "manifest-sha256.txt": "{sha256} {name}\n",
    "sums.sfv": "; a comment\n{name} {crc32}\n",
    "checksums.txt": "\ufeff{md5}\t{name}\r\n",
    "rgb.png.sha256": "{sha256}\n",
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("right", [True, False])
def test_every_form_of_list(tmp_path: Path, name: str, right: bool):
    import hashlib
    import zlib

    path = tagged(tmp_path, "png/rgb.png")
    data = path.read_bytes() + (b"" if right else b"x")
    sums = {
        name: hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")
    }
    sums["crc32"] = f"{zlib.crc32(data):08X}"
    (tmp_path / name).write_text(LISTS[name].format(name=path.name, **sums))
    rules = '[rules]\nchecksum-mismatch = "error"\nchecksum-missing = "error"\n'
    found = findings(path, tmp_path, rules)
    assert set(found) == (set() if right else {"checksum-mismatch"})
    assert "checksum-mismatch" not in findings(path, tmp_path, rules, quick=True)


def test_a_list_in_a_folder_above_and_one_that_the_policy_names(tmp_path: Path):
    below = tmp_path / "data" / "disc"
    below.mkdir(parents=True)
    path = tagged(below, "png/rgb.png")
    (tmp_path / "manifest-md5.txt").write_text(f"{'0' * 32}  data/disc/rgb.png\n")
    assert set(findings(path, below, '[rules]\nchecksum-mismatch = "error"')) == {
        "checksum-mismatch"
    }
    (below / "own.txt").write_text(f"{'0' * 32}  rgb.png\n")
    rules = '[rules.checksum-mismatch]\nlists = ["own.txt"]'
    assert "own.txt, line 1" in findings(path, below, rules)["checksum-mismatch"]


def test_a_file_that_no_list_names(tmp_path: Path):
    path = tagged(tmp_path, "png/rgb.png")
    assert set(findings(path, tmp_path, '[rules]\nchecksum-missing = "error"')) == {
        "checksum-missing"
    }


def test_lists_that_are_none(tmp_path: Path):
    path = tmp_path / "x.md5"
    path.write_bytes(b"\xff\xfe\0nothing\n\n" + b"0" * 33 + b"  name\n")
    assert checksums.entries(path) == {}
    assert checksums.entries(tmp_path / "absent.md5") == {}


def test_facts_of_several_kinds(tmp_path: Path):
    rules = """
    [rules.codec]
    check = "fact"
    name = "video.codec"
    is = "AVC"
    [rules.size]
    at-least = 1
    [rules.width]
    check = "fact"
    name = "video.width"
    at-least = 1280
    [rules.depth]
    check = "fact"
    name = "audio.bit-depth"
    is = 24
    [rules.loudness]
    check = "fact"
    name = "audio.loudness"
    at-most = -23
    optional = true
    """
    found = findings(tagged(tmp_path, "mp4/faststart.mp4"), tmp_path, rules)
    assert found == {
        "width": "video.width is 64, not at least 1280",
        "depth": "the file has no audio.bit-depth (24 is expected)",
    }


def test_profile(tmp_path: Path):
    path = tagged(
        tmp_path, "wav/pcm16.wav", "holder.name=Jane Doe", "policy.url=https://a.example/p"
    )
    same = """
    [rules.profile-differs]
    profile = "eu-tdm"
    set = ["holder.name=Jane Doe", "policy.url=https://a.example/p"]
    """
    assert findings(path, tmp_path, same) == {}
    other = same.replace("a.example", "b.example").replace("Jane Doe", "John Doe")
    found = findings(path, tmp_path, other)["profile-differs"]
    assert "John Doe" in found or "b.example" in found


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ('[rules.permission]\nuses = ["search"]\npermissions = ["reserved"]', "search is allowed"),
        ('[rules.vocabulary]\nrequired = ["cawg"]', "in the vocabulary cawg"),
        ('[rules.vocabulary]\nallowed = ["plus"]', "speaks tdmrep"),
        ('[rules.carrier-unexpected]\ncarriers = ["xmp"]', "(id3) holds a statement"),
        ('[rules.text-missing]\ntexts = ["Ref. 12"]', "say 'Ref. 12'"),
        ('[rules.sidecar-missing]\nendings = [".xmp"]', "pcm16.wav.xmp or pcm16.xmp is not there"),
        ("[rules.carrier-missing]", "not in: c2pa"),
        ('[rules.capacity]\ncapacities = ["representative"]', "own name, not representative"),
        ("[rules.date-implausible]\nuntil = 2025-12-31", "which is still to come"),
        ("[rules.date-implausible]\nsince = 2026-12-31", "before 2026-12-31"),
        ('[rules.container]\nmedia = ["video"]', "holds audio, not video"),
    ],
)
def test_single_rules(tmp_path: Path, rules: str, message: str):
    path = tagged(tmp_path, "wav/pcm16.wav", "declaration.date=2026-02-03")
    policy = tmp_path / "policy.toml"
    policy.write_text(rules)
    told = [item.message for item in verify(path, policy=load_policy(str(policy))).findings]
    assert any(message in item for item in told), told


def test_today_is_no_future(tmp_path: Path):
    path = tagged(tmp_path, "png/rgb.png", f"declaration.date={date.today()}")
    assert findings(path, tmp_path, '[rules]\ndate-implausible = "error"') == {}


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ('[rules.statement-unexpected]\nnames = ["Nobody"]', "speaks for Jane Doe, who is not"),
        ('[rules.statement-unexpected]\nnames = ["Jane *"]', "the manifest speaks for "),
        ('[rules.credential-trust]\ntrust = ["trusted"]', "is untrusted, not trusted"),
        ("[rules.credential-untimed]", "no time stamp shows"),
        ('[rules.credential-signer]\nserials = ["0x12"]', "is not in the list"),
        ("[rules.capacity]", "names no mandate"),
        ('[rules.identifier-missing]\nschemes = ["isrc", "iswc"]', "the file has no ISWC"),
    ],
)
def test_single_rules_of_signed_files(tmp_path: Path, monkeypatch, rules: str, message: str):
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))
    session.current.cache_clear()
    settings = ["holder.name=Jane Doe", "capacity.as=representative"]
    path = tmp_path / "rgb.png"
    embed(SAMPLES / "png/rgb.png", path, reservation=load_profile("eu-tdm", settings))
    session.current.cache_clear()
    policy = tmp_path / "policy.toml"
    policy.write_text(rules)
    told = [item.message for item in verify(path, policy=load_policy(str(policy))).findings]
    assert any(message in item for item in told), told


@pytest.mark.parametrize(("among", "found"), [("run", 2), ("format", 1), ("folder", 1)])
def test_the_same_identifier_twice(tmp_path: Path, among: str, found: int):
    traits = Traits((Identifier.parse(Scheme.ISRC, "FRZ032600001"),))
    policy = tmp_path / "policy.toml"
    policy.write_text(f'[rules.identifier-duplicate]\namong = "{among}"')
    records = [
        (None, VerifyRecord(path=path, container=container, traits=traits))
        for path, container in (("a/1.wav", "wav"), ("a/2.flac", "flac"), ("b/1.wav", "wav"))
    ]
    told = [
        item.message
        for _, record in compared(load_policy(str(policy)), iter(records))
        for item in (record.findings if record is not None else ())
    ]
    assert told == ["ISRC FR-Z03-26-00001 is also in a/1.wav"] * found
