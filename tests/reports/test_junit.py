"""JUnit: two consumers that are not ours read it, whatever the names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junit2htmlreport.parser import Junit
from lxml import etree

from mediaoptout import EmbedRecord, ErrorInfo, Status
from mediaoptout.reports.junit import legal
from tests.reports.records import HOSTILE, RUN, hostile, report


def test_both_see_the_same(tmp_path, records):
    target = report(tmp_path / "x.xml", records)
    parsed = junitparser.JUnitXml.fromfile(str(target))
    assert (parsed.tests, parsed.failures, parsed.errors) == (7, 2, 1)
    (suite,) = parsed
    outcomes = {case.name: [type(item).__name__ for item in case.result] for case in suite}
    assert outcomes == {
        "baseline.jpg": [],
        "rgb.png": [],
        "no-tag.mp3": [],
        "faststart.mp4": [],
        "bare.png": ["Failure"],
        "voice.amr": ["Failure"],
        "empty.wav": ["Error"],
    }
    (bare,) = (case for case in suite if case.name == "bare.png")
    assert bare.result[0].type == "not-reserved"
    assert "embed a reservation" in str(bare.result[0].text)

    (other,) = Junit(str(target)).suites
    assert len(other.all()) == 7
    assert {case.name for case in other.failed()} >= {"bare.png", "voice.amr"}
    assert "Rights" not in Junit(str(target)).html()


def test_what_does_not_fail_stands_beside(tmp_path, records):
    (signed,) = (record for record in records if record.path.endswith("png/rgb.png"))
    tree = etree.parse(report(tmp_path / "x.xml", (signed,)))
    assert tree.xpath("count(//failure)") == 0
    assert "credential-untrusted" in str(tree.findtext(".//system-out"))


def test_a_run_that_was_stopped_does_not_pass(tmp_path, records):
    run = replace(RUN, complete=False)
    parsed = junitparser.JUnitXml.fromfile(str(report(tmp_path / "x.xml", records[:1], run)))
    assert (parsed.tests, parsed.errors) == (2, 1)


def test_a_report_of_embed(tmp_path):
    refused = ErrorInfo("refused", "a manifest is there", "caBX", "give --resign")
    done = (
        EmbedRecord(path="a/b.png", status=Status.WRITTEN, output="out/b.png", warnings=("odd",)),
        EmbedRecord(path="a/c.png", status=Status.REFUSED, error=refused),
        EmbedRecord(path="a/d.png", status=Status.FAILED, error=refused),
    )
    run = replace(RUN, command="embed")
    parsed = junitparser.JUnitXml.fromfile(str(report(tmp_path / "x.xml", done, run)))
    assert (parsed.tests, parsed.failures, parsed.errors) == (3, 1, 1)


def test_hostile_names(tmp_path):
    target = report(tmp_path / "x.xml", tuple(hostile(name, f"in/{name}") for name in HOSTILE))
    parsed = junitparser.JUnitXml.fromfile(str(target))
    assert parsed.tests == len(HOSTILE)
    assert len(Junit(str(target)).suites[0].all()) == len(HOSTILE)


@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_every_text_becomes_xml(text):
    again = etree.fromstring(f"<a>{legal('x')}</a>".encode())
    assert again.text == "x"
    said = legal(text)
    assert legal(said) == said
    element = etree.Element("a")
    element.text = said
    element.set("b", said)


@pytest.mark.parametrize("name", ["plain", "\ud800", "\0", "\ufffe", "é\U0001f3b5"])
def test_what_is_legal_stays(name):
    assert (legal(name) == name) == (name in ("plain", "é\U0001f3b5"))


def test_the_folder_is_the_class(tmp_path, records):
    (case,) = etree.parse(report(tmp_path / "x.xml", records[:1])).iter("testcase")
    path = Path(records[0].path)
    assert (case.get("classname"), case.get("name")) == (str(path.parent), path.name)
