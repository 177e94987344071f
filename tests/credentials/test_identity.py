"""The local identity: made once, guarded, known as what it is."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mediaoptout.credentials import identity
from mediaoptout.credentials.selfcheck import selfcheck
from mediaoptout.errors import UsageError
from tests.credentials.identities import made


def test_first_use_makes_one_and_later_uses_find_it():
    assert not identity.exists()
    first = identity.local()
    assert identity.exists()
    assert identity.local() == first


def test_it_is_named_as_local_and_untrusted_and_outlives_ten_years():
    found = identity.local()
    assert "local" in found.name
    assert "untrusted" in found.name
    assert found.expires > datetime.now(UTC) + timedelta(days=3652)


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_only_the_owner_can_read_the_key():
    folder = identity.local().folder
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_key_shows_in_no_representation():
    found = identity.local()
    assert "PRIVATE" not in repr(found)
    assert "PRIVATE" not in str(found)


def test_a_second_one_is_made_only_when_the_first_is_set_aside():
    first = identity.local()
    with pytest.raises(UsageError, match="already"):
        identity.make(identity.folder())
    second = identity.make(identity.folder(), replace=True)
    assert second.serial != first.serial
    old = [path for path in first.folder.iterdir() if path.name.endswith(".old")]
    assert len(old) == 2


def test_what_it_signs_validates():
    assert "signingCredential.untrusted" in selfcheck(identity.local())


@pytest.mark.parametrize("name", ["key.pem", "chain.pem"])
@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_damaged_is_said_with_a_way_out(name: str, content: bytes):
    folder = identity.local().folder
    (folder / name).write_bytes(content)
    with pytest.raises(UsageError) as caught:
        identity.local()
    assert str(folder) in caught.value.message
    assert "identity new" in (caught.value.fix or "")


def test_a_key_of_another_certificate_is_refused(tmp_path: Path):
    one, other = made(tmp_path / "one"), made(tmp_path / "other")
    (one.folder / "key.pem").write_bytes(other.key)
    with pytest.raises(UsageError, match="do not belong together"):
        identity.load(one.folder)


def test_an_expired_one_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="expired"):
        made(tmp_path / "short", valid=timedelta(seconds=-1))


def test_a_passing_one_leaves_nothing_behind():
    assert selfcheck(identity.passing())
    assert not identity.exists()
