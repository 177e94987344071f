"""``profile`` from the command line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mediaoptout.reservation.profiles import load, shipped
from tests.cli.calling import call, spawn
from tests.conftest import SAMPLES


def test_list(work):
    result = call("profile", "list")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == list(shipped())
    Path("mediaoptout-profiles").mkdir()
    Path("mediaoptout-profiles/mine.toml").write_text('extends = "eu-tdm"\ntitle = "My own"\n')
    assert "mine" in call("profile", "list").out
    assert "My own" in call("profile", "list").out


def test_show(work):
    result = call("profile", "show", "eu-tdm")
    assert result.code == 0
    assert 'data_mining = "reserved"' in result.out
    assert "# fr: Droits réservés" in result.out
    assert "# plus:DataMining = http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-EXC" in result.out
    assert "# xmpRights:UsageTerms = [fr] (in full, fr)" in result.out
    assert "# cawg.data_mining = notAllowed" in result.out
    nobody = call("profile", "show", "adami")
    assert nobody.code == 0
    assert "# the profile 'adami' must be told on whose behalf" in nobody.out
    somebody = call("profile", "show", "adami", "--set", "holder.name=Jane Doe")
    assert somebody.code == 0 and "plus:DataMining" in somebody.out
    gone = call("profile", "show", "eu-tdm", "--set", "declaration.withdrawn=2027-01-01")
    assert gone.code == 0 and "# plus:DataMining = (taken out)" in gone.out


def test_a_terminal_that_cannot_show_it(work):
    result = spawn("profile", "show", "adami", env={"PYTHONIOENCODING": "ascii"})
    assert result.code == 0
    assert "artistes-interpr\\xe8tes" in result.out


def test_new_and_check(work):
    assert call("profile", "new", "ours.toml").code == 0
    assert call("profile", "new", "ours.toml").code == 2
    result = call("profile", "check", "ours.toml")
    assert result.code == 0
    assert "data_mining, ai_training, generative_ai_training" in result.out
    Path("ours.toml").write_text("[uses]\nsearch = 5\n")
    wrong = call("profile", "check", "ours.toml")
    assert wrong.code == 2
    assert "uses.search" in wrong.err and "line 2" in wrong.err


def test_a_profile_that_reserves_nothing_any_more_is_right(work):
    settings = ["--set", "declaration.withdrawn=2027-01-01"]
    result = call("profile", "check", "eu-tdm", *settings)
    assert result.code == 0 and "was withdrawn, and reserves nothing" in result.out


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_new_asks_on_a_terminal(work):
    import pty

    answers = ["", "Jane Doe", "1", "IPN 12", "ISNI 1", "", "", "", "", "", "", "", "2026-01-02"]
    master, slave = pty.openpty()
    os.write(master, "".join(f"{line}\n" for line in answers).encode())
    done = subprocess.run(
        [sys.executable, "-m", "mediaoptout", "profile", "new", "jane.toml"],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(slave)
    shown = os.read(master, 1 << 16).decode()
    os.close(master)
    assert done.returncode == 0, done.stderr
    assert "is no ISNI" in shown and "jane.toml is made" in shown
    reservation = load("jane.toml")
    assert [holder.name for holder in reservation.holders] == ["Jane Doe"]
    assert str(reservation.declared) == "2026-01-02"
    assert call("profile", "check", "jane.toml").code == 0


def test_export(work):
    named = ["--set", "holder.name=Jane Doe"]
    result = call("profile", "export", "adami", *named)
    assert result.code == 0
    assert result.out.splitlines()[0] == str(Path("adami-documents/tdm-policy.json"))
    assert {Path(line).name for line in result.out.splitlines()} == {
        "tdm-policy.json",
        "tdmrep.json",
        "http-headers.txt",
        "robots.txt",
        "license.xml",
        "clause-fr.txt",
        "clause-en.txt",
        "letter-fr.html",
        "letter-fr.txt",
        "letter-en.html",
        "letter-en.txt",
    }
    assert call("profile", "export", "adami", *named).code == 2
    one = call("profile", "export", "adami", *named, "--odrl", "-o", "one")
    assert [path.name for path in Path("one").iterdir()] == ["tdm-policy.json"]
    assert one.out.splitlines() == [str(Path("one/tdm-policy.json"))]


def test_export_with_a_list(work):
    Path("in").mkdir()
    Path("in/a.txt").write_text("a")
    result = call("profile", "export", "eu-tdm", "in/a.txt", "--letter", "-o", "out")
    assert result.code == 0
    assert hashlib.sha256(b"a").hexdigest() in Path("out/letter-en.txt").read_text("utf-8")
    assert call("profile", "export", "eu-tdm", "gone.wav", "--letter").code == 2


def test_export_with_a_catalogue(work):
    Path("in").mkdir()
    Path("in/a.wav").write_bytes(next((SAMPLES / "wav").glob("*.wav")).read_bytes())
    Path("list.csv").write_text("file;titre;isrc\na.wav;Été;FRZ039800212\n", "utf-8")
    result = call("profile", "export", "eu-tdm", "in", "--letter", "-o", "out",
                  "--catalogue", "list.csv")  # fmt: skip
    assert result.code == 0
    letter = Path("out/letter-fr.txt").read_text("utf-8")
    assert "Titre : Été" in letter and "FR-Z03-98-00212" in letter
    Path("list.csv").write_text("file;titre;isrc\nb.wav;Été;FRZ03\n", "utf-8")
    wrong = call("profile", "export", "eu-tdm", "in", "--letter", "-o", "out2",
                 "--catalogue", "list.csv")  # fmt: skip
    assert wrong.code == 2 and not Path("out2").exists()


def test_export_says_what_it_leaves_out(work):
    result = call("profile", "export", "genai", "-o", "out")
    assert result.code == 0
    assert "left out: --tdmrep: TDMRep can only reserve" in result.err
    refused = call("profile", "export", "genai", "--tdmrep", "-o", "out")
    assert refused.code == 2 and "leave TDMRep out" in refused.err


@pytest.mark.parametrize(
    "arguments", [[], ["show"], ["show", "nobody"], ["melt"], ["check", "x.toml"], ["export"]]
)
def test_wrong_use(work, arguments):
    result = call("profile", *arguments)
    assert result.code == 2
    assert "Traceback" not in result.err
