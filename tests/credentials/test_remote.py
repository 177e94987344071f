"""Manifests at an address: fetched only where that is asked, and never from inside a network."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from c2pa import Builder, C2paBuilderIntent, C2paSignerInfo, Context, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mediaoptout.catalogue.outputs import to_read
from mediaoptout.catalogue.run import verify_all
from mediaoptout.catalogue.selection import select
from mediaoptout.credentials import jumbf, remote
from mediaoptout.credentials.trust import Anchors
from mediaoptout.errors import MediaError
from mediaoptout.records import VerifyRecord
from mediaoptout.verification.check import hosts_of, verify
from mediaoptout.verification.look import inspect
from mediaoptout.words import Carrier, Integrity, Trust, Verdict
from tests.cli.calling import call
from tests.conftest import SAMPLES
from tests.credentials.authorities import DAY, Authority

HOST = "localhost"
USES = ("data_mining", "ai_training", "ai_generative_training")
SAID = {"entries": {f"cawg.{use}": {"use": "notAllowed"} for use in USES}}
FAMILIES = [
    "jpeg/baseline.jpg",
    "png/rgb.png",
    "mp3/no-tag.mp3",
    "flac/plain.flac",
    "mp4/faststart.mp4",
    "mov/mpeg4-aac-faststart.mov",
]


@dataclass
class Server:
    """A server of this machine: what it has at which path, and what it was asked for."""

    address: str = ""
    held: dict[str, bytes] = field(default_factory=dict)
    sent_on: dict[str, str] = field(default_factory=dict)
    dripping: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(_for(HOST))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            if self.path in state.sent_on:
                self.send_response(302)
                self.send_header("Location", state.sent_on[self.path])
                self.end_headers()
                return
            if self.path not in state.held:
                self.send_error(404)
                return
            body = state.held[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.path in state.dripping:
                for at in range(len(body)):
                    self.wfile.write(body[at : at + 1])
                    time.sleep(0.05)
            else:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Quiet((HOST, 0), Handler) as http:
        http.socket = context.wrap_socket(http.socket, server_side=True)
        state.address = f"https://{HOST}:{http.server_address[1]}"
        Thread(target=http.serve_forever, daemon=True).start()
        yield state
        http.shutdown()


def _for(host: str) -> bytes:
    """A certificate of a server, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return made.public_bytes(pem) + key.private_bytes(pem, *plain)


def signed_apart(source: Path, target: Path, address: str, authority: Authority) -> bytes:
    """A file as another program leaves it whose manifest goes to a server; the manifest."""
    identity = authority.identity(authority.issue("Camera 7", end=30 * DAY), target.parent)
    signer = Signer.from_info(
        C2paSignerInfo(
            alg=b"es256", sign_cert=identity.chain, private_key=identity.key, ta_url=None
        )
    )
    manifest = {
        "claim_generator_info": [{"name": "Camera firmware", "version": "7"}],
        "assertions": [{"label": "cawg.training-mining", "data": SAID}],
    }
    context = Context.from_dict({"version": 1, "core": {"allowed_network_hosts": []}})
    builder = Builder(json.dumps(manifest), context=context)
    builder.set_intent(C2paBuilderIntent.EDIT)
    builder.set_no_embed()
    builder.set_remote_url(address)
    return bytes(builder.sign_file(str(source), str(target), signer))


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def anchors(authority: Authority) -> Anchors:
    return Anchors("ours", authority.pem.decode())


@pytest.fixture
def picture(tmp_path: Path, server: Server, authority: Authority) -> Path:
    path = tmp_path / "remote.jpg"
    address = f"{server.address}/m.c2pa?of=1"
    source = SAMPLES / "jpeg/baseline.jpg"
    server.held["/m.c2pa?of=1"] = signed_apart(source, path, address, authority)
    return path


def told(record: VerifyRecord) -> str:
    (found,) = (item for item in record.findings if item.rule == "credential-remote")
    return found.message


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_validated_as_any_other(
    tmp_path: Path, server: Server, authority: Authority, anchors: Anchors, family: str
):
    path = tmp_path / Path(family).name
    server.held["/m"] = signed_apart(SAMPLES / family, path, f"{server.address}/m", authority)
    found = verify(path, fetch=[HOST], anchors=anchors)
    credential = found.credential
    assert (credential.integrity, credential.trust) == (Integrity.INTACT, Trust.TRUSTED)
    assert credential.signer is not None and credential.signer.startswith("Camera 7")
    assert credential.remote == f"{server.address}/m"
    assert found.verdict is Verdict.RESERVED
    assert {item.carrier for item in found.statements} == {Carrier.SIDECAR_C2PA}
    assert told(found) == (
        f"the manifest is not in the file: it was fetched from {server.address}/m"
    )
    assert "credential-missing" not in {item.rule for item in found.findings}
    assert server.asked == ["/m"]
    data = path.read_bytes()
    path.write_bytes(data[:-9] + bytes(8) + data[-1:])
    assert verify(path, fetch=[HOST], anchors=anchors).credential.integrity is Integrity.BROKEN
    assert verify(path, fetch=[HOST]).credential.trust is not Trust.TRUSTED


def test_nothing_is_asked_unless_that_is_asked(picture: Path, server: Server, anchors: Anchors):
    for found in (
        verify(picture),
        verify(picture, quick=True, fetch=[HOST]),
        inspect(picture).verify,
        verify(picture, fetch=[]),
    ):
        assert found.credential.integrity is Integrity.ABSENT
        assert found.credential.remote is not None
        assert told(found).endswith("and was not fetched")
        assert found.verdict is Verdict.UNRESERVED
    beside = picture.with_suffix(".c2pa")
    beside.write_bytes(server.held["/m.c2pa?of=1"])
    assert verify(picture, fetch=[HOST]).credential.integrity is Integrity.INTACT
    assert server.asked == []


def test_inspect_shows_it(picture: Path, server: Server, anchors: Anchors):
    found = inspect(picture, fetch=[HOST], anchors=anchors)
    assert found.verify.credential.integrity is Integrity.INTACT
    assert found.chain[0].startswith("Camera 7")


def test_a_run_fetches_in_every_process(picture: Path, server: Server):
    for number in range(3):
        shutil.copyfile(picture, picture.with_name(f"{number}.jpg"))
    jobs = to_read(select([picture.parent]))
    records = [record for _, record in verify_all(jobs, fetch=[HOST]) if record is not None]
    assert [record.credential.integrity for record in records] == [Integrity.INTACT] * 4


def test_from_the_command_line(tmp_path: Path, picture: Path, server: Server, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = call("verify", picture, "--fetch-from", HOST, "--format", "jsonl")
    assert named.code == 0
    assert named.records[0]["credential"]["integrity"] == "intact"
    shown = call("inspect", picture, "--fetch-from", HOST, "--format", "jsonl")
    assert shown.records[0]["credential"]["integrity"] == "intact"
    anywhere = call("verify", picture, "--fetch", "--format", "jsonl")
    assert anywhere.code == 1
    (finding,) = (
        item for item in anywhere.records[0]["findings"] if item["rule"] == "credential-remote"
    )
    assert "which is not in the public internet; --fetch-from localhost" in finding["message"]
    Path("mediaoptout.toml").write_text("[verify]\nfetch = true\n")
    refused = call("verify", picture)
    assert refused.code == 2
    assert "'fetch' is said on the command line only" in refused.err


def test_what_is_no_manifest_is_refused(picture: Path, server: Server):
    whole = server.held["/m.c2pa?of=1"]
    for data in (b"", b"<html>", whole[:-1], whole + b"\0", whole[8:], bytes(40)):
        server.held["/m.c2pa?of=1"] = data
        found = verify(picture, fetch=[HOST])
        assert found.credential.integrity is Integrity.ABSENT
        assert told(found).endswith(
            "could not be fetched: what is there is no manifest, or only a part of one"
        )
    assert jumbf.is_store(whole)


@contextmanager
def refused(saying: str) -> Iterator[None]:
    with pytest.raises(MediaError) as raised:
        yield
    assert saying in raised.value.message


def test_what_a_server_can_do(server: Server, monkeypatch: pytest.MonkeyPatch):
    hosts, at = {HOST}, server.address
    store = (16).to_bytes(4, "big") + b"jumb" + bytes(8)
    server.held |= {"/large": bytes(remote.MAX_SIZE + 1), "/slow": store * 100}
    server.dripping = frozenset({"/slow"})
    server.sent_on |= {
        "/ring": "/ring",
        "/plain": f"http://{HOST}/",
        "/file": "file:///etc/passwd",
        "/other": "https://other.example/",
        "/gone": "/absent",
    }
    with refused("the server answers 404 Not Found"):
        remote.fetch(f"{at}/absent", hosts)
    with refused("the server answers 404"):
        remote.fetch(f"{at}/gone", hosts)
    with refused("what is there has more than 16 MiB"):
        remote.fetch(f"{at}/large", hosts)
    with refused("the server sends on more than 3 times"):
        remote.fetch(f"{at}/ring", hosts)
    with refused("does not begin with https:"):
        remote.fetch(f"{at}/plain", hosts)
    with refused("does not begin with https:"):
        remote.fetch(f"{at}/file", hosts)
    with refused("other.example is not among the hosts of --fetch-from"):
        remote.fetch(f"{at}/other", hosts)
    monkeypatch.setattr(remote, "WHOLE", 0.5)
    began = time.monotonic()
    with refused("the server takes too long"):
        remote.fetch(f"{at}/slow", hosts)
    assert time.monotonic() - began < 5
    assert server.asked.count("/ring") == 4


def test_a_server_that_sends_on(picture: Path, server: Server, anchors: Anchors):
    server.held["/moved"] = server.held.pop("/m.c2pa?of=1")
    server.sent_on["/m.c2pa?of=1"] = "/moved"
    assert verify(picture, fetch=[HOST]).credential.integrity is Integrity.INTACT


def test_a_server_that_does_not_prove_who_it_is(server: Server, monkeypatch, tmp_path: Path):
    (tmp_path / "others.pem").write_bytes(_for(HOST))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "others.pem"))
    with refused("the server does not prove who it is"):
        remote.fetch(f"{server.address}/m", {HOST})
    assert server.asked == []


def test_a_server_that_is_silent_or_away(monkeypatch: pytest.MonkeyPatch):
    import socket

    monkeypatch.setattr(remote, "STILL", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with refused("the server takes too long"):
            remote.fetch(f"https://127.0.0.1:{port}/", {"127.0.0.1"})
    with refused("the server cannot be asked: Connection refused"):
        remote.fetch(f"https://127.0.0.1:{port}/", {"127.0.0.1"})
    with refused("there is no host nobody.invalid"):
        remote.fetch("https://nobody.invalid/", ())


@pytest.mark.parametrize(
    ("address", "saying"),
    [
        ("http://manifests.example/1", "does not begin with https:"),
        ("ftp://manifests.example/1", "does not begin with https:"),
        ("https://", "is no address"),
        ("https://a:b:c/", "is no address"),
        ("https://example.com:99999/", "is no address"),
        ("https://[::1/", "is no address"),
        ("https://example.com/a b", "is no address"),
        ("https://example.com/\N{EURO SIGN}", "is no address"),
        ("https://127.0.0.1/", "is not in the public internet"),
        ("https://127.1/", "is not in the public internet"),
        ("https://2130706433/", "is not in the public internet"),
        ("https://0.0.0.0/", "is not in the public internet"),
        ("https://10.0.0.1/", "is not in the public internet"),
        ("https://172.20.0.1:8443/", "is not in the public internet"),
        ("https://192.168.1.1/", "is not in the public internet"),
        ("https://100.64.0.1/", "is not in the public internet"),
        ("https://169.254.169.254/latest/meta-data", "is not in the public internet"),
        ("https://224.0.0.1/", "is not in the public internet"),
        ("https://255.255.255.255/", "is not in the public internet"),
        ("https://localhost/", "is not in the public internet"),
        ("https://user:word@127.0.0.1/", "is not in the public internet"),
    ],
)
def test_what_is_never_asked(address: str, saying: str):
    with refused(saying):
        remote.fetch(address, ())


@pytest.mark.parametrize(
    "place",
    """
    ::1 :: fe80::1 fe80::1%lo fc00::1 fec0::1 ff02::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8
    64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2002:808:808:: 2001:0:4136:e378:8000:63bf:3fff:fdd2
    2001:db8::1 240.0.0.1 192.0.2.1 198.18.0.1
    """.split(),
)
def test_places_that_are_not_public(place: str):
    assert not remote._is_public(place)


@pytest.mark.parametrize("place", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_places_that_are(place: str):
    assert remote._is_public(place)


def test_whom_to_ask():
    assert hosts_of(False) is None
    assert hosts_of(()) is None
    assert hosts_of(True) == frozenset()
    assert hosts_of("one.example") == hosts_of(["one.example"]) == frozenset({"one.example"})


@pytest.mark.parametrize("command", ["verify", "inspect"])
def test_the_network_is_not_even_loaded(picture: Path, command: str):
    network = ["ssl", "http.client", "urllib.request", "mediaoptout.credentials.remote"]
    probe = (
        "import sys\n"
        f"sys.argv = ['mediaoptout', {command!r}, {str(picture)!r}]\n"
        "from mediaoptout.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {network!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.splitlines()[-1] == "[]"
