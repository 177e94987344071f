"""Whom to trust, and why not: each case with a file that was made for it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from mediaoptout.credentials import trust
from mediaoptout.credentials.trust import Anchors
from mediaoptout.embedding import embed
from mediaoptout.errors import UsageError
from mediaoptout.records import VerifyRecord
from mediaoptout.verification.check import verify
from mediaoptout.words import Integrity, Status, Trust
from tests.credentials.authorities import DAY, Authority, Signer
from tests.credentials.conftest import signing_as
from tests.credentials.resigning import resigned

SAMPLES = Path(__file__).parents[2] / "sample_media"
PICTURE = SAMPLES / "jpeg" / "baseline.jpg"
encypher = pytest.importorskip("encypher_c2pa")


@dataclass(frozen=True)
class House:
    """An authority, a signer that it issued, and a picture that this one signed."""

    authority: Authority
    signer: Signer
    path: Path

    @property
    def anchors(self) -> Anchors:
        return Anchors("house", self.authority.pem.decode())

    def again(self, signer: Signer, more: dict[str, object] | None = None) -> Path:
        chain = [signer.der, self.authority.der]
        self.path.write_bytes(resigned(self.path.read_bytes(), signer, chain, more))
        return self.path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house")
    authority = Authority("House authority")
    signer = authority.issue("Signer", organisation="House of pictures")
    authority.keep(signer, folder / "identity")
    # More certificates than are needed leave room for what `resigned` puts there.
    spare = b"".join(Authority(f"Spare authority {number}").pem for number in range(3))
    chain = folder / "identity" / "chain.pem"
    chain.write_bytes(chain.read_bytes() + spare)
    house = House(authority, signer, folder / "signed.jpg")
    with pytest.MonkeyPatch.context() as patch, signing_as(folder, patch):
        record = embed(PICTURE, house.path)
    assert record.status is Status.WRITTEN, record.error
    house.again(signer)
    return house


@pytest.fixture
def house(built: House, tmp_path: Path) -> House:
    path = tmp_path / "signed.jpg"
    path.write_bytes(built.path.read_bytes())
    return replace(built, path=path)


def other(path: Path, house: House) -> dict[str, Any]:
    """What a validator says that is not built on the reference reader."""
    found: dict[str, Any] = encypher.verify(
        path,
        trust_pem=house.authority.pem.decode(),
        no_default_trust=True,
        telemetry=False,
        online=False,
    )
    return found


def told(record: VerifyRecord, rule: str) -> str:
    """The sentence of a finding."""
    return next(finding.message for finding in record.findings if finding.rule == rule)


def test_a_signer_that_an_anchor_vouches_for_is_trusted(house: House):
    found = verify(house.path, anchors=house.anchors)
    credential = found.credential
    assert (credential.integrity, credential.trust) == (Integrity.INTACT, Trust.TRUSTED)
    assert credential.reasons == ()
    assert credential.certificate is not None
    assert credential.certificate.fingerprint == house.signer.fingerprint
    assert credential.certificate.organisation == "House of pictures"
    assert credential.certificate.issuer == "House authority"
    assert credential.certificate.serial == house.signer.certificate.serial_number
    assert credential.alive_at_signing is None
    assert not [item for item in found.findings if item.rule.startswith("credential")]


def test_without_its_anchor_it_is_untrusted_and_intact(house: House):
    for anchors in (None, Anchors(), trust.shipped()):
        found = verify(house.path, anchors=anchors)
        assert found.credential.integrity is Integrity.INTACT
        assert found.credential.trust is Trust.UNTRUSTED
        assert dict(found.credential.reasons) == {
            "signingCredential.untrusted": "nobody in the trust list vouches for the signer"
        }
        assert "Signer, House of pictures signed" in told(found, "credential-untrusted")


def test_an_anchor_for_time_stamps_vouches_for_no_signer(house: House):
    stamps = Anchors("stamps", "", house.authority.pem.decode())
    credential = verify(house.path, anchors=stamps).credential
    assert credential.trust is Trust.UNTRUSTED
    assert "signingCredential.untrusted" in credential.codes
    both = Anchors("both", house.authority.pem.decode(), house.authority.pem.decode())
    for _ in range(8):  # the reader comes upon either list first
        assert verify(house.path, anchors=both).credential.trust is Trust.TRUSTED


@pytest.mark.parametrize(
    ("start", "end"), [(-20 * DAY, -10 * DAY), (5 * DAY, 10 * DAY)], ids=["ended", "not begun"]
)
def test_a_certificate_that_is_not_valid_now_is_one_nobody_can_rely_on(house: House, start, end):
    path = house.again(house.authority.issue(start=start, end=end))
    found = verify(path, anchors=house.anchors)
    assert found.credential.integrity is Integrity.INTACT
    assert found.credential.trust is Trust.EXPIRED
    assert "no trusted time stamp" in told(found, "credential-expired")
    assert other(path, house)["hard_binding"] == "match"


def test_a_revoked_certificate_is_said_to_be_revoked(house: House):
    signer = house.authority.issue()
    answer = {"ocspVals": [house.authority.revoked(signer)]}
    found = verify(house.again(signer, {"rVals": answer}), anchors=house.anchors)
    assert found.credential.integrity is Integrity.INTACT
    assert found.credential.trust is Trust.REVOKED
    assert "was revoked by who issued it" in told(found, "credential-revoked")


@pytest.mark.parametrize(
    "purpose",
    [
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.CODE_SIGNING,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
    ],
    ids=["client", "code", "time stamps", "OCSP"],
)
def test_a_certificate_for_something_else_is_no_signer_s(house: House, purpose):
    path = house.again(house.authority.issue(purpose=purpose))
    found = verify(path, anchors=house.anchors)
    assert found.credential.integrity is Integrity.INTACT
    assert found.credential.trust is Trust.UNTRUSTED
    assert "signingCredential.invalid" in dict(found.credential.reasons)
    assert "not one for signing media" in told(found, "credential-untrusted")
    assert other(path, house)["trust"]["status"] == "not_valid_for_supplied_material"


def test_the_certificate_of_another_key_says_nothing(house: House):
    trusted, stranger = house.authority.issue(), Authority("Stranger").issue()
    data = resigned(house.path.read_bytes(), stranger, [trusted.der, house.authority.der])
    house.path.write_bytes(data)
    found = verify(house.path, anchors=house.anchors)
    assert found.credential.integrity is Integrity.BROKEN
    assert found.credential.trust is Trust.UNTRUSTED
    assert "another key signed it" in told(found, "credential-broken")
    assert other(house.path, house)["signature"] == "invalid"


ALLOWING: dict[str, tuple[Callable[[House], str], bool, bool]] = {
    "the certificate": (lambda house: house.signer.fingerprint, True, True),
    "it with colons": (lambda house: "SHA256:" + colons(house.signer.fingerprint), True, True),
    "another certificate": (lambda house: "00" * 32, False, False),
    "the name": (lambda house: "Signer", False, True),
    "the organisation": (lambda house: "House of pictures", False, True),
    "another name": (lambda house: "Somebody", False, False),
}


def colons(digest: str) -> str:
    return ":".join(digest[at : at + 2].upper() for at in range(0, len(digest), 2))


@pytest.mark.parametrize("case", ALLOWING)
def test_a_list_of_allowed_signers(house: House, case: str):
    value, unvouched, vouched = ALLOWING[case]
    for anchors, right in ((Anchors(), unvouched), (house.anchors, vouched)):
        credential = verify(house.path, anchors=anchors.only([value(house)])).credential
        assert credential.trust is (Trust.TRUSTED if right else Trust.UNTRUSTED)
        assert credential.integrity is Integrity.INTACT
        named = "the signer is not among those that are allowed"
        assert (named in dict(credential.reasons).values()) is (
            not right and not (case.startswith("the ") and anchors == Anchors())
        )


def test_a_certificate_file_allows_its_first_certificate(house: House, tmp_path: Path):
    chain = tmp_path / "chain.pem"
    chain.write_bytes(house.signer.pem + house.authority.pem)
    anchors = Anchors().only([str(chain)])
    assert verify(house.path, anchors=anchors).credential.trust is Trust.TRUSTED
    chain.write_bytes(house.authority.pem)
    anchors = Anchors().only([str(chain)])
    assert verify(house.path, anchors=anchors).credential.trust is Trust.UNTRUSTED


def test_an_allowed_certificate_does_not_outlive_itself(house: House):
    signer = house.authority.issue(start=-20 * DAY, end=-10 * DAY)
    anchors = house.anchors.only([signer.fingerprint])
    assert verify(house.again(signer), anchors=anchors).credential.trust is Trust.EXPIRED


def test_the_shipped_lists_are_sent_to_other_processes_by_name():
    packed = pickle.dumps(trust.shipped())
    assert len(packed) < 200
    assert pickle.loads(packed) is trust.shipped()
    mine = trust.Anchors("mine", "signers", "stamps", trust.Allowed(frozenset({"ab"})))
    assert pickle.loads(pickle.dumps(mine)) == mine


def test_the_shipped_lists_are_whole_and_say_where_they_come_from():
    anchors = trust.shipped()
    assert trust.current() == anchors
    assert len(trust.certificates(anchors.signers)) == 30
    assert len(trust.certificates(anchors.timestamps)) == 22
    assert trust.DATED in trust.source(anchors)
    readme = (Path(trust.__file__).parent / "README.md").read_text("utf-8")
    assert "CC BY 4.0" in readme


def test_a_list_of_one_s_own_takes_its_place_until_it_is_given_up(house: House, tmp_path: Path):
    own = tmp_path / "own.pem"
    own.write_bytes(house.authority.pem)
    trust.update(own)
    assert verify(house.path).credential.trust is Trust.TRUSTED
    assert trust.current().timestamps == trust.shipped().timestamps
    assert trust.source(trust.current()).endswith("signers.pem")
    trust.update(own, own)
    assert len(trust.certificates(trust.current().timestamps)) == 1
    assert trust.reset()
    assert not trust.reset()
    assert verify(house.path).credential.trust is Trust.UNTRUSTED


def test_a_list_can_be_in_der_too(house: House, tmp_path: Path):
    own = tmp_path / "own.der"
    own.write_bytes(house.authority.der)
    assert verify(house.path, anchors=trust.named(str(own))).credential.trust is Trust.TRUSTED


@pytest.mark.parametrize("content", [None, b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAA=="])
def test_a_useless_list_is_refused_and_changes_nothing(tmp_path: Path, content: bytes | None):
    own = tmp_path / "own.pem"
    if content is not None:
        own.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be used"):
        trust.update(own)
    with pytest.raises(UsageError, match="cannot be used"):
        trust.named(str(own))
    assert trust.current() == trust.shipped()


def test_what_is_remembered_of_a_chain_changes_no_answer(house: House):
    """Small files of one signer are asked about once; every other question is asked anew."""
    ended = house.authority.issue(start=-20 * DAY, end=-10 * DAY)
    revoked = house.authority.issue()
    good = house.path.read_bytes()
    chain = [revoked.der, house.authority.der]
    answered = {"rVals": {"ocspVals": [house.authority.revoked(revoked)]}}
    files = {
        Trust.TRUSTED: good,
        Trust.REVOKED: resigned(good, revoked, chain, answered),
        Trust.EXPIRED: resigned(good, ended, [ended.der, house.authority.der]),
    }
    unanswered = resigned(good, revoked, chain)
    for _ in range(3):
        for trusted, data in files.items():
            house.path.write_bytes(data)
            assert verify(house.path, anchors=house.anchors).credential.trust is trusted
        house.path.write_bytes(good)
        assert verify(house.path, anchors=trust.shipped()).credential.trust is Trust.UNTRUSTED
        house.path.write_bytes(unanswered)
        assert verify(house.path, anchors=house.anchors).credential.trust is Trust.TRUSTED
        # A hash that fails is no matter of who signed.
        house.path.write_bytes(good[:-40] + bytes([good[-40] ^ 1]) + good[-39:])
        broken = verify(house.path, anchors=house.anchors).credential
        assert (broken.integrity, broken.trust) == (Integrity.BROKEN, Trust.TRUSTED)
