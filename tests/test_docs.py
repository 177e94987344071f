"""The documentation holds together: links lead somewhere, words and commands are the real ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mediaoptout.words import Status, Verdict
from tests.cli.calling import call
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_index_names_every_page():
    index = (ROOT / "docs/index.md").read_text("utf-8")
    for page in ROOT.glob("docs/*.md"):
        assert page.name == "index.md" or f"]({page.name})" in index


def test_the_quick_start_explains_every_word():
    text = (ROOT / "docs/quick-start.md").read_text("utf-8")
    for word in (*Status, *Verdict):
        assert f"\n| {word} |" in text


def test_the_readme_has_its_two_commands():
    text = (ROOT / "README.md").read_text("utf-8")
    for marker in ("main-command", "test-command"):
        assert text.count(f"<!-- {marker} -->\n```sh\n") == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_that_are_named_exist(page: Path):
    known = {"--full", "--version"}
    for command in ("embed", "verify", "inspect", "formats"):
        known |= set(re.findall(r"--[a-z][a-z0-9-]*", call(command, "--help").out))
    known |= set(re.findall(r"--[a-z][a-z0-9-]*", call("profile", "export", "--help").out))
    for sub in ("from", "explain"):
        known |= set(re.findall(r"--[a-z][a-z0-9-]*", call("policy", sub, "--help").out))
    for sub in ("make", "check", "proof"):
        known |= set(re.findall(r"--[a-z][a-z0-9-]*", call("evidence", sub, "--help").out))
    known |= set(re.findall(r"--[a-z][a-z0-9-]*", call("trust", "update", "--help").out))
    for sub in ("list", "show", "new", "check"):
        known |= set(re.findall(r"--[a-z][a-z0-9-]*", call("profile", sub, "--help").out))
        known |= set(re.findall(r"--[a-z][a-z0-9-]*", call("identity", sub, "--help").out))
    for line in page.read_text("utf-8").splitlines():
        if "mediaoptout " in line:
            named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", line))
            assert named <= known, line
