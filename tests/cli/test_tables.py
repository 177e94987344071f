"""``formats`` and ``schema``: the documentation says what the code says."""

from __future__ import annotations

import json

import pytest

from mediaoptout.containers.registry import CONTAINERS
from mediaoptout.records import SCHEMAS, schema
from tests.cli.calling import call
from tests.conftest import ROOT


def test_the_documentation_is_current(work):
    result = call("formats", "--format", "markdown")
    assert result.code == 0
    assert (ROOT / "docs/formats.md").read_text("utf-8") == result.out, (
        "run: mediaoptout formats --format markdown > docs/formats.md"
    )


def test_every_family_is_in_every_form(work):
    text, markdown = call("formats").out, call("formats", "--format", "markdown").out
    lines = [json.loads(line) for line in call("formats", "--format", "jsonl").out.splitlines()]
    assert [line["container"] for line in lines] == [family.name for family in CONTAINERS]
    for family, line in zip(CONTAINERS, lines, strict=True):
        assert family.title in text
        assert f"## {family.title}" in markdown
        assert [item["carrier"] for item in line["carriers"]] == list(family.carries)
        for extension in family.extensions:
            assert f"`{extension}`" in markdown
    rows = [row for row in markdown.splitlines() if row.startswith("|")]
    assert all(row.endswith("|") for row in rows)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_printed(work, name):
    result = call("schema", name)
    assert result.code == 0
    assert result.out == schema(name)
    assert json.loads(result.out)["title"] == f"mediaoptout.{name}/1"


def test_wrong_use(work):
    assert call("schema", "strip").code == 2
    assert call("schema").code == 2
    assert call("formats", "--format", "html").code == 2
