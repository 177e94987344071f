"""Evidence: what is signed, what that proves, and what breaks it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mediaoptout import Means, select, to_read
from mediaoptout.containers.registry import detect
from mediaoptout.credentials.identity import Identity, make
from mediaoptout.errors import DamagedError, ErrorInfo, MediaoptoutError, UsageError
from mediaoptout.records import schema
from mediaoptout.reports.evidence import cms
from mediaoptout.reports.evidence.checking import State, check, compare
from mediaoptout.reports.evidence.leaf import canonical, digests
from mediaoptout.reports.evidence.making import Making, proof
from mediaoptout.reports.evidence.merkle import Tree, audit_path, leaf_hash, node_hash, proven_root
from mediaoptout.splice.source import FileSource
from tests.conftest import SAMPLES

ONE = Means(processes=1)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return make(tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="module")
def signature(identity: Identity) -> bytes:
    return cms.sign(b'{"a":1}', identity)


def made(sources: list[Path], target: Path, identity: Identity) -> Path:
    """A list of what the sources hold."""
    with Making(target, identity) as making:
        for _, line in making.run(to_read(select(sources)), ONE):
            assert not isinstance(line, ErrorInfo)
        making.finish()
    return target


@pytest.fixture(scope="module")
def valid_proof(
    tmp_path_factory: pytest.TempPathFactory, files: Path, records: object, identity: Identity
) -> tuple[Path, dict[str, Any]]:
    """A place for a proof, and one that holds."""
    folder = tmp_path_factory.mktemp("proof")
    return folder / "proof.json", proof(made([files], folder / "list.jsonl", identity), "bare.png")


@pytest.fixture
def folder(tmp_path: Path, files: Path, records: object) -> Path:
    """A folder of real files of most verdicts."""
    return Path(shutil.copytree(files, tmp_path / "masters"))


@pytest.fixture
def listed(tmp_path: Path, folder: Path, identity: Identity) -> Path:
    return made([folder], tmp_path / "list.jsonl", identity)


# ---- the tree


def mth(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


@settings(max_examples=60)
@given(st.integers(1, 70), st.data())
def test_the_tree_is_that_of_the_rfc(count, data):
    leaves = [b"%d" % number for number in range(count)]
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf_hash(leaf))
    assert tree.root == mth(leaves)
    index = data.draw(st.integers(0, count - 1))
    path = audit_path(map(leaf_hash, leaves), index, count)
    assert len(path) <= 7
    assert proven_root(leaf_hash(leaves[index]), index, count, path) == tree.root
    for wrong in (index - 1, index + 1, index + count):
        assert proven_root(leaf_hash(leaves[index]), wrong, count, path) != tree.root
    assert proven_root(leaf_hash(b"other"), index, count, path) != tree.root
    assert proven_root(leaf_hash(leaves[index]), index, count, [*path, b"x" * 32]) != tree.root
    if path:
        assert proven_root(leaf_hash(leaves[index]), index, count, path[:-1]) != tree.root


def test_known_roots():
    """The vectors of the first implementation of Certificate Transparency."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    inputs.append("606162636465666768696a6b6c6d6e6f")
    roots = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for count, root in roots.items():
        tree = Tree()
        for text in inputs[:count]:
            tree.add(leaf_hash(bytes.fromhex(text)))
        assert tree.root.hex() == root


def test_a_node_is_no_leaf():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)


# ---- the list


def test_what_stands_in_a_list(listed, folder):
    validator = Draft202012Validator(json.loads(schema("evidence")))
    raw = listed.read_bytes().split(b"\n")
    assert raw.pop() == b""
    lines: list[dict[str, Any]] = [json.loads(line) for line in raw]
    for line, data in zip(raw, lines, strict=True):
        validator.validate(data)
        assert canonical(data) == line
    assert lines[0]["schema"] == "mediaoptout.evidence/1"
    tree = Tree()
    for line in raw[1:-1]:
        tree.add(leaf_hash(line))
    statement = lines[-1]["statement"]
    assert statement["files"] == len(lines) - 2 == 7
    assert statement["root"] == tree.root.hex()
    assert statement["bytes"] == sum(line["size"] for line in lines[1:-1])
    by_name = {line["name"]: line for line in lines[1:-1]}
    for name, line in by_name.items():
        assert line["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    png = by_name["png/rgb.png"]
    assert png["verdict"] == "reserved"
    assert png["credential"]["integrity"] == "intact"
    assert png["holders"] == ["Example Records"]
    assert png["declaration"]["holders"][0]["name"] == "Example Records"
    assert png["declared_on"] == [png["declaration"]["declared"]]
    assert {item["carrier"] for item in png["statements"]} >= {"xmp", "c2pa"}
    assert by_name["empty.wav"]["verdict"] is None
    assert by_name["empty.wav"]["error"] == "not-media"
    assert len({line["salt"] for line in by_name.values()}) == 7


def test_the_schema_speaks_of_declarations_as_inspect_does():
    ours, theirs = json.loads(schema("evidence")), json.loads(schema("inspect"))
    file = ours["$defs"]["file"]["properties"]
    for name in ("declaration", "verdict", "uses"):
        assert file[name] == theirs["properties"][name]
    for name in ("holder", "identifiers", "use", "permission"):
        assert ours["$defs"][name] == theirs["$defs"][name]


EVERY = sorted(path for path in SAMPLES.glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", EVERY[::7], ids=lambda path: path.name)
def test_digests_are_taken_in_one_reading(path):
    data = path.read_bytes()
    with FileSource(path) as source:
        whole, essence = digests(source)
        container = detect(source)
        spans = container.read(source).essence if container is not None else ()
    assert whole == hashlib.sha256(data).hexdigest()
    if container is None or not spans:
        assert essence is None
    else:
        expected = hashlib.new(container.digest)
        for start, end in spans:
            expected.update(data[start:end])
        assert essence == {"method": container.digest, "digest": expected.hexdigest()}


def test_digests_of_a_long_file(tmp_path):
    """Longer than a step, with its essence beginning and ending inside of steps."""
    body = os.urandom(2_900_000)
    chunks = [
        (b"fmt ", bytes.fromhex("0100 0100 401f0000 803e0000 0200 1000")),
        (b"data", body),
        (b"note", bytes(100_000)),
    ]
    form = b"".join(name + len(data).to_bytes(4, "little") + data for name, data in chunks)
    path = tmp_path / "long.wav"
    path.write_bytes(b"RIFF" + (len(form) + 4).to_bytes(4, "little") + b"WAVE" + form)
    with FileSource(path) as source:
        _, essence = digests(source)
    assert essence == {"method": "md5", "digest": hashlib.md5(body).hexdigest()}


def test_names_that_are_no_unicode(tmp_path, identity):
    if sys.platform in ("win32", "darwin"):
        pytest.skip("names are Unicode here")
    folder = tmp_path / "in"
    folder.mkdir()
    name = os.fsdecode(b"caf\xe9%41.png")
    shutil.copyfile(SAMPLES / "png/rgb.png", folder / name)
    listed = made([folder], tmp_path / "list.jsonl", identity)
    assert json.loads(listed.read_bytes().splitlines()[1])["name"] == "caf%E9%41.png"
    assert [file.state for file in compare(check(listed), [folder / name])] == [State.SAME]


def test_two_files_of_one_name(tmp_path, identity, folder):
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        shutil.copyfile(SAMPLES / "png/rgb.png", tmp_path / side / "x.png")
    with pytest.raises(UsageError, match=r"both be 'x\.png'"):
        made([tmp_path / "a", tmp_path / "b"], tmp_path / "list.jsonl", identity)
    assert not (tmp_path / "list.jsonl").exists()


def test_nothing_is_replaced(listed, folder, identity):
    before = listed.read_bytes()
    with pytest.raises(UsageError, match="already"):
        made([folder], listed, identity)
    assert listed.read_bytes() == before


# ---- checking


def states(listed: Path, *sources: Path) -> dict[str, State]:
    evidence = check(listed)
    assert evidence.holds
    return {file.name: file.state for file in compare(evidence, sources)}


def test_files_as_they_were(listed, folder):
    assert set(states(listed, folder).values()) == {State.SAME}
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    assert set(states(listed, elsewhere).values()) == {State.SAME}


def test_files_that_changed(listed, folder):
    (folder / "voice.amr").unlink()
    shutil.copyfile(SAMPLES / "png/rgb.png", folder / "png/rgb.png")
    wav = folder / "jpeg/baseline.jpg"
    data = bytearray(wav.read_bytes())
    data[-20] ^= 1
    wav.write_bytes(data)
    found = states(listed, folder)
    assert found["voice.amr"] == State.ABSENT
    assert found["png/rgb.png"] == State.ESSENCE_SAME
    assert found["jpeg/baseline.jpg"] == State.CHANGED
    assert found["bare.png"] == State.SAME


def test_single_files_under_any_name(listed, folder, tmp_path):
    renamed = shutil.copyfile(folder / "png/rgb.png", tmp_path / "whatever.png")
    other = tmp_path / "other.bin"
    other.write_bytes(b"other")
    assert states(listed, Path(renamed), other) == {
        "png/rgb.png": State.SAME,
        str(other): State.UNLISTED,
    }


def test_a_name_cannot_lead_out_of_the_folder(tmp_path, identity, folder):
    from mediaoptout.reports.evidence.checking import _there

    (tmp_path / "secret").write_bytes(b"x")
    for name in ("../secret", str(tmp_path / "secret"), "png/../../secret", "a\0b"):
        assert _there(folder, name) is None
    assert _there(folder, "png/rgb.png") == folder / "png/rgb.png"


def broken(listed: Path) -> Iterator[tuple[str, bytes]]:
    """What somebody could do to a list, who has not the key."""
    head, *lines, seal = listed.read_bytes().splitlines(keepends=True)
    yield "a line less", b"".join([head, *lines[1:], seal])
    yield "a line twice", b"".join([head, lines[0], *lines, seal])
    yield "lines exchanged", b"".join([head, *lines[::-1], seal])
    said = lines[0].replace(b'"size":', b'"size":1', 1)
    yield "a size", b"".join([head, said, *lines[1:], seal])
    end = json.loads(seal)
    for key, value in (("files", 6), ("made", "2020-01-01T00:00:00Z"), ("root", "00" * 32)):
        changed = {**end, "statement": {**end["statement"], key: value}}
        yield key, b"".join([head, *lines, canonical(changed), b"\n"])
    signature = bytearray(base64.b64decode(end["signature"]))
    signature[-1] ^= 1
    changed = {**end, "signature": base64.b64encode(signature).decode()}
    yield "the signature", b"".join([head, *lines, canonical(changed), b"\n"])


def test_a_list_that_was_changed(listed, tmp_path):
    count = 0
    for what, data in broken(listed):
        target = tmp_path / "changed.jsonl"
        target.write_bytes(data)
        assert not check(target).holds, what
        count += 1
    assert count == 8


def test_a_list_that_was_cut(listed, tmp_path):
    data = listed.read_bytes()
    target = tmp_path / "cut.jsonl"
    ends = [*range(0, len(data) - 2, 997), len(data) - 2]
    for end in ends:
        target.write_bytes(data[:end])
        with pytest.raises(MediaoptoutError) as raised:
            check(target)
        assert raised.value.fix or end == 0 or raised.value.message
    target.write_bytes(data[:-1])
    assert check(target).holds


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 4095), change=st.integers(1, 255))
def test_a_signature_that_was_changed(signature, at, change):
    der = bytearray(signature)
    der[at % len(der)] ^= change
    try:
        signed = cms.read(bytes(der))
    except DamagedError:
        return
    # Bytes that are not covered (of certificates but the signer's) may change; the content never.
    assert not signed.holds or signed.content == b'{"a":1}'


def test_the_key_in_another_certificate(tmp_path, folder, identity, listed):
    """Whoever makes a certificate of another name for the signer's key does not pass for that."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    leaf = x509.load_pem_x509_certificates(identity.chain)[0]
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody else")])
    builder = x509.CertificateBuilder(
        leaf.issuer,
        named,
        leaf.public_key(),
        leaf.serial_number,
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
    )
    forged = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    *head, seal = listed.read_bytes().splitlines(keepends=True)
    end = json.loads(seal)
    der = base64.b64decode(end["signature"])
    old, new = (one.public_bytes(Encoding.DER) for one in (leaf, forged))
    assert old in der
    end["signature"] = base64.b64encode(_exchanged(der, old, new)).decode()
    target = tmp_path / "forged.jsonl"
    target.write_bytes(b"".join(head) + canonical(end) + b"\n")
    evidence = check(target)
    assert evidence.signed.signer == "Somebody else"
    assert not evidence.genuine


def _exchanged(der: bytes, old: bytes, new: bytes) -> bytes:
    """DER with one value in it for another, and the lengths around it right."""
    if der == old:
        return new
    if old not in der:
        return der
    tag, rest = der[:1], b""
    value = cms._value(der, 0)
    assert value.whole == der
    for part in value.children():
        rest += _exchanged(part.whole, old, new) if old in part.whole else part.whole
    size = len(rest)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return tag + length + rest


def test_another_signer(tmp_path, folder, identity, listed):
    other = make(tmp_path / "other")
    theirs = made([folder], tmp_path / "theirs.jsonl", other)
    assert check(theirs).holds
    assert check(theirs).signed.fingerprint != check(listed).signed.fingerprint
    assert check(listed).signed.signer == identity.name


# ---- proofs


def test_a_proof_of_every_file(listed, folder, tmp_path):
    validator = Draft202012Validator(json.loads(schema("evidence")))
    names = [json.loads(line)["name"] for line in listed.read_bytes().splitlines()[1:-1]]
    assert len(names) == 7
    for name in names:
        said = proof(listed, name)
        validator.validate(said)
        target = tmp_path / "proof.json"
        target.write_text(json.dumps(said, indent=2))
        evidence = check(target)
        assert evidence.holds and evidence.proof is not None
        assert [file.state for file in compare(evidence, [folder / name])] == [State.SAME]
        others = [other for other in names if other != name]
        assert not any(other in target.read_text() for other in others)


def test_a_proof_that_was_changed(listed, tmp_path):
    said = proof(listed, "rgb.png")
    target = tmp_path / "proof.json"
    for changed in (
        {**said, "file": {**said["file"], "verdict": "allowed"}},
        {**said, "index": said["index"] ^ 1},
        {**said, "path": said["path"][::-1]},
        {**said, "path": said["path"][1:]},
        {**said, "path": [*said["path"], "00" * 32]},
    ):
        target.write_text(json.dumps(changed))
        assert not check(target).holds
    for nonsense in ({**said, "path": ["x"]}, {**said, "path": [1]}, {**said, "seal": {}}):
        target.write_text(json.dumps(nonsense))
        with pytest.raises(DamagedError):
            check(target)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_a_proof_holds_the_answer_is_ours(valid_proof, data):
    """Any value in any place: it does not hold, or it is refused in words."""
    place, said = valid_proof
    values = st.one_of(
        st.none(),
        st.integers(-(10**30), 10**30),
        st.floats(),
        st.text(alphabet=st.characters(codec=None), max_size=5),
        st.lists(st.none(), max_size=2),
        st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
    )
    changed = json.loads(json.dumps(said))
    at = data.draw(st.sampled_from([("file",), ("seal",), ("seal", "statement"), ()]))
    holder = changed
    for key in at:
        holder = holder[key]
    key = data.draw(st.sampled_from(sorted(holder)))
    value = data.draw(values)
    if holder[key] == value:
        return
    holder[key] = value
    place.write_text(json.dumps(changed))
    try:
        evidence = check(place)
    except MediaoptoutError:
        return
    assert not evidence.holds or at == ("seal",)


def test_names_of_proofs(listed):
    assert proof(listed, "png/rgb.png")["file"]["name"] == "png/rgb.png"
    with pytest.raises(UsageError, match="no file is called"):
        proof(listed, "absent.png")


@pytest.mark.parametrize("text", ["", "{}", "[]", "no JSON", '{"schema":"mediaoptout.verify/1"}'])
def test_what_is_no_evidence(tmp_path, text):
    target = tmp_path / "x"
    target.write_text(text)
    with pytest.raises(UsageError, match="no evidence of ours"):
        check(target)


# ---- another program


def openssl(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)


def test_openssl_verifies_the_seal(listed, identity, tmp_path):
    """With nothing of ours: the last line, the certificates, and the tree by hand."""
    *_, seal = listed.read_bytes().splitlines()
    signature, anchor = tmp_path / "seal.p7s", tmp_path / "root.pem"
    signature.write_bytes(base64.b64decode(json.loads(seal)["signature"]))
    anchor.write_bytes(b"-----BEGIN" + identity.chain.split(b"-----BEGIN")[-1])
    verify = ("cms", "-verify", "-inform", "DER", "-in", signature, "-CAfile", anchor)
    done = openssl(*verify)
    assert done.returncode == 0, done.stderr
    assert b"Verification successful" in done.stderr
    leaves = listed.read_bytes().splitlines()[1:-1]
    assert json.loads(done.stdout)["root"] == mth(leaves).hex()
    changed = bytearray(signature.read_bytes())
    at = changed.index(b'"files":7')
    changed[at + 8] = ord("8")
    signature.write_bytes(changed)
    assert openssl(*verify).returncode != 0


def test_we_verify_what_openssl_signs(tmp_path):
    """Other curves, other digests and RSA are read too."""
    content = tmp_path / "content"
    content.write_bytes(b"what is signed")
    for kind in (
        ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
        ("-newkey", "rsa:2048"),
    ):
        key, certificate, signature = (tmp_path / name for name in ("key", "certificate", "p7s"))
        request = ("req", "-x509", "-nodes", *kind, "-subj", "/CN=Somebody", "-days", "2")
        assert openssl(*request, "-keyout", key, "-out", certificate).returncode == 0
        sign = ("cms", "-sign", "-binary", "-nodetach", "-md", "sha384", "-in", content)
        given_key = ("-signer", certificate, "-inkey", key, "-outform", "DER", "-out", signature)
        assert openssl(*sign, *given_key).returncode == 0
        signed = cms.read(signature.read_bytes())
        assert signed.holds
        assert (signed.content, signed.signer) == (b"what is signed", "Somebody")


# ---- without end


_MEMORY = """
import sys
from pathlib import Path
from mediaoptout.reports.evidence import making
from mediaoptout.reports.evidence.checking import check
from mediaoptout.reports.evidence.making import Making, proof
from mediaoptout.credentials.identity import make
from tests.memory import peak
folder = Path(sys.argv[1])
identity = make(folder / "identity")
peaks = []
for count in (2000, 20000):
    target = folder / f"{count}.jsonl"
    with Making(target, identity) as made:
        for number in range(count):
            line = {"schema": "mediaoptout.evidence-file/1", "name": f"{number}.wav", "size": 1,
                    "padding": "x" * 1000}
            made._tree.add(making.leaf_hash(made._write(line)))
        made.finish()
    assert check(target).holds
    assert proof(target, f"{count // 3}.wav")["index"] == count // 3
    peaks.append(peak())
print(peaks[1] - peaks[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in other units")
def test_memory_does_not_grow_with_the_list(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    assert int(done.stdout) < 4_000  # kB, for 18 MB more


def test_a_file_that_changes_meanwhile_is_not_listed(tmp_path, identity, monkeypatch):
    from mediaoptout.reports.evidence import leaf as module
    from mediaoptout.verification import look

    path = tmp_path / "x.png"
    shutil.copyfile(SAMPLES / "png/rgb.png", path)
    (job,) = to_read(select([path]))
    seen = look.inspect

    def slow(given: Path, *, recall: bool) -> Any:
        path.write_bytes(path.read_bytes() + b"more")
        return seen(given, recall=recall)

    monkeypatch.setattr(module, "inspect", slow)
    with pytest.raises(MediaoptoutError, match="not the file any more"):
        module.leaf(job)
