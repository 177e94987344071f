"""``trust``, ``--trust`` and ``--allow-signer`` from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.credentials.authorities import Authority


@pytest.fixture
def signed(media: Path) -> list[str]:
    assert call("embed", "in/jpeg", "-o", "out").code == 0
    return ["verify", "out", "--format", "jsonl"]


def trusts(*arguments: str) -> set[str]:
    result = call(*arguments)
    assert result.code in (0, 1), result.err
    return {record["credential"]["trust"] for record in result.records}


def chain() -> str:
    [found] = Path(call("identity", "show").out.split("folder")[1].split("\n")[0].strip()).glob(
        "chain.pem"
    )
    return str(found)


def test_show_says_where_the_list_is_from(work):
    result = call("trust", "show")
    assert result.code == 0
    assert "30 certificates" in result.out
    assert "CC BY 4.0" in result.out
    assert "Google" in result.out


def test_one_run_trusts_a_file(signed):
    assert trusts(*signed) == {"untrusted"}
    assert trusts(*signed, "--trust", chain()) == {"trusted"}
    assert trusts(*signed, "--trust", "none") == {"untrusted"}
    assert trusts(*signed) == {"untrusted"}


def test_only_certain_signers(signed, tmp_path):
    assert trusts(*signed, "--allow-signer", chain()) == {"trusted"}
    assert trusts(*signed, "--trust", chain(), "--allow-signer", "Somebody") == {"untrusted"}
    assert trusts(*signed, "--allow-signer", "Self-made, not verified") == {"untrusted"}
    allowed = ("--allow-signer", "Self-made, not verified")
    assert trusts(*signed, "--trust", chain(), *allowed) == {"trusted"}
    text = call(
        "verify", "out", "--trust", chain(), "--allow-signer", "Somebody", "--color", "never"
    )
    assert "not among those that are allowed" in text.out
    assert text.code == 1


def test_update_and_reset(signed):
    assert call("trust", "update", chain()).code == 0
    assert "2 certificates, from" in call("trust", "show").out
    assert trusts(*signed) == {"trusted"}
    assert trusts(*signed, "--trust", "c2pa") == {"untrusted"}
    assert "30 certificates" in call("trust", "reset").out
    assert "already" in call("trust", "reset").out
    assert trusts(*signed) == {"untrusted"}


def test_time_stamps_have_a_list_of_their_own(work):
    own = Path("own.pem")
    own.write_bytes(Authority().pem)
    result = call("trust", "update", str(own), "--timestamps", str(own))
    assert "time stamps  1 certificates" in result.out


@pytest.mark.parametrize("command", [["trust", "update"], ["verify", "in", "--trust"]])
def test_what_is_no_list_is_refused_in_words(media, command):
    Path("nothing.pem").write_text("nothing\n")
    for name in ("nothing.pem", "missing.pem"):
        result = call(*command, name)
        assert result.code == 2
        assert "cannot be used" in result.err
        assert "PEM" in result.err


def test_inspect_trusts_as_it_is_told(signed):
    shown = call("inspect", "out", "--format", "jsonl", "--trust", chain())
    assert {record["credential"]["trust"] for record in shown.records} == {"trusted"}
