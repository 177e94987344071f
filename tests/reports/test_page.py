"""The page in a real browser: what it shows, how it is steered, and that nothing in it can act."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mediaoptout import Carrier, EmbedRecord, ErrorInfo, Status, VerifyRecord
from mediaoptout.records import Difference
from mediaoptout.reports.base import Options
from mediaoptout.reports.page import policy
from tests.browser import Browser, axe
from tests.reports.records import HOSTILE, RUN, hostile, many, report

COUNT = "document.getElementById('count').textContent"
PATHS = "[...document.querySelectorAll('#files .row .c-file')].map((cell) => cell.title)"


def steer(chromium: Browser, control: str, value: str) -> None:
    """Give a control of the filters a value, as a reader does."""
    chromium.run(
        f"(() => {{ const node = document.getElementById({json.dumps(control)});"
        f" if (node.type === 'checkbox') node.checked = {json.dumps(value)} === 'on';"
        f" else node.value = {json.dumps(value)};"
        " node.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def click(chromium: Browser, selector: str) -> None:
    chromium.run(f"document.querySelector({json.dumps(selector)}).click()")


def text(chromium: Browser, selector: str) -> str:
    return str(chromium.run(f"document.querySelector({json.dumps(selector)}).innerText"))


def names(chromium: Browser) -> list[str]:
    return [path.rpartition("/")[2] for path in chromium.run(PATHS)]


@pytest.fixture
def page(tmp_path: Path, chromium: Browser, records: tuple[VerifyRecord, ...]) -> Iterator[Browser]:
    """The page of a few real files, opened; nothing may go wrong in it."""
    chromium.prefer()
    chromium.open(report(tmp_path / "x.html", records))
    yield chromium
    assert chromium.complaints == []


def test_it_opens_from_the_disk_and_asks_nobody(page):
    assert page.complaints == []
    assert [address.partition(":")[0] for address in page.requests] == ["file"]
    assert text(page, "h1") == "Rights reservations: 7 files"
    assert page.run(COUNT) == "7 of 7 files"
    assert "May 1, 2026" in text(page, "#about")
    assert "2 files skipped" in text(page, "#about")
    assert page.run("document.getElementById('stopped').hidden") is True


def test_totals_and_rules(page):
    totals = page.run(
        "[...document.querySelectorAll('#totals button')].map("
        "(one) => [one.querySelector('.number').innerText, one.querySelector('.word').innerText])"
    )
    assert totals[0] == ["4", "reserved"]
    assert sorted(word for _, word in totals) == ["reserved", "unread", "unreserved", "unsupported"]
    rules = page.run(
        "[...document.querySelectorAll('#rules tbody button')].map((one) => one.innerText)"
    )
    assert {"not-reserved", "not-media", "container-unsupported"} <= set(rules)


def test_every_filter(page):
    steer(page, "query", "BARE")
    assert names(page) == ["bare.png"]
    steer(page, "query", "prohibited")  # in a statement, not in a name
    assert set(names(page)) == {"baseline.jpg", "rgb.png", "no-tag.mp3", "faststart.mp4"}
    steer(page, "query", "nothing in the file reserves")  # in a finding
    assert names(page) == ["bare.png"]
    steer(page, "query", "no such thing")
    assert (page.run(COUNT), names(page)) == ("0 of 7 files", [])
    click(page, "#everything")
    page.run("new Promise((done) => setTimeout(done))")
    assert page.run(COUNT) == "7 of 7 files"
    steer(page, "severity", "warning")
    assert "voice.amr" in names(page)
    steer(page, "severity", "")
    steer(page, "rule", "not-reserved")
    assert names(page) == ["bare.png"]
    steer(page, "rule", "")
    steer(page, "container", "png")
    assert set(names(page)) == {"bare.png", "rgb.png"}
    steer(page, "unexpected", "on")
    assert names(page) == ["bare.png"]
    click(page, "#everything")
    page.run("new Promise((done) => setTimeout(done))")
    click(page, '[data-outcome="unread"]')
    assert names(page) == ["empty.wav"]
    assert page.run("document.querySelector('[data-outcome=unread]').ariaPressed") == "true"
    click(page, '[data-outcome="unsupported"]')
    assert set(names(page)) == {"empty.wav", "voice.amr"}


def test_a_rule_leads_to_its_files(page):
    page.run(
        "[...document.querySelectorAll('#rules button')]"
        ".find((one) => one.innerText === 'not-reserved').click()"
    )
    assert names(page) == ["bare.png"]
    assert page.run("document.getElementById('severity').value") == "error"


def test_sorting(page):
    assert names(page)[0] == "bare.png"
    click(page, '[data-column="size"]')
    sizes = page.run("[...document.querySelectorAll('.row .c-size')].map((one) => one.innerText)")
    assert sizes[0] == "0 bytes"
    head = page.run("document.querySelector('#files th.c-size').getAttribute('aria-sort')")
    assert head == "ascending"
    click(page, '[data-column="size"]')
    again = page.run("[...document.querySelectorAll('.row .c-size')].map((one) => one.innerText)")
    assert again == sizes[::-1]
    click(page, '[data-column="outcome"]')
    assert names(page)[0] == "empty.wav"
    click(page, '[data-column="findings"]')
    assert set(names(page)[:2]) == {"bare.png", "empty.wav"}


def test_numbers_in_names_count(tmp_path, chromium, records):
    named = (replace(records[0], path=f"in/track {number}.png") for number in (10, 9, 2, 1))
    chromium.open(report(tmp_path / "x.html", tuple(named)))
    assert names(chromium) == ["track 1.png", "track 2.png", "track 9.png", "track 10.png"]


def test_one_file_unfolded(page):
    steer(page, "query", "rgb.png")
    click(page, ".row .c-file button")
    shown = text(page, ".detail")
    for part in (
        "Statements",
        "plus:DataMining",
        "DMI-PROHIBITED",
        "data mining: reserved",
        "intact, untrusted",
        "credential-untrusted",
        "What to do: compare the signer",
    ):
        assert part in shown, part
    assert page.run("document.querySelector('.row .c-file button').ariaExpanded") == "true"
    click(page, ".row .c-file button")
    assert page.run("document.querySelector('.detail')") is None


def test_with_the_keyboard_alone(page):
    page.run("document.querySelector('.row .c-file button').focus()")
    focused = "document.activeElement.closest('.row')?.querySelector('.c-file').title"
    first, *_, last = page.run(PATHS)
    page.press("ArrowDown")
    assert page.run(focused) == page.run(PATHS)[1]
    page.press("End")
    assert page.run(focused) == last
    page.press("Home")
    assert page.run(focused) == first
    page.press("Enter")
    assert first in text(page, ".detail")
    page.press("Escape")
    assert page.run("document.querySelector('.detail')") is None
    assert page.run(focused) == first


def test_french(tmp_path, page, records):
    page.run(
        "(() => { const node = document.getElementById('lang'); node.value = 'fr';"
        " node.dispatchEvent(new Event('change')); })()"
    )
    assert page.run("document.documentElement.lang") == "fr"
    assert text(page, "h1") == "Réserves de droits\u00a0: 7 fichiers"
    shown = text(page, "body")
    for word in (
        "réservé",
        "non réservé",
        "illisible",
        "Constats",
        "7 sur 7 fichiers",
        "1 mai 2026",
    ):
        assert word in shown, word
    for word in ("Search", "unreserved", "Totals", "Findings", "Show all"):
        assert word not in shown, word
    steer(page, "query", "rgb")
    click(page, ".row .c-file button")
    shown = text(page, ".detail dl") + text(page, ".detail h3")
    assert "fouille de textes et de données\u00a0: réservé" in shown
    assert "Emplacement" in text(page, ".detail thead")
    assert "personne dans la liste de confiance" in text(page, ".detail .findings")
    assert "Rien ne réserve les usages attendus" in text(page, "#rules")


def test_both_languages_say_everything():
    script = (Path(__file__).parents[2] / "mediaoptout/reports/assets/page.js").read_text("utf-8")
    texts = script.partition("const TEXTS")[2].partition("\n  };")[0]
    english, french = (
        set(re.findall(r"(?:^ {6,8}|[,{] )([a-z_]+|\"[a-z-]+\"): ", said, re.MULTILINE))
        for said in texts.split("\n    fr: {")
    )
    assert len(english) > 60
    assert english <= french


def test_every_rule_has_its_french():
    from mediaoptout.verification.rules.registry import RULES

    script = (Path(__file__).parents[2] / "mediaoptout/reports/assets/rules-fr.toml").read_text(
        "utf-8"
    )
    french = tomllib.loads(script)
    assert RULES.keys() - french.keys() == set()
    assert list(french) == sorted(french)


def test_the_browser_chooses_the_language(tmp_path, records, chromium):
    with Browser(tmp_path / "french", lang="fr") as french:
        french.open(report(tmp_path / "x.html", records))
        assert text(french, "h1") == "Réserves de droits\u00a0: 7 fichiers"


def test_light_and_dark(tmp_path, chromium, records):
    target = report(tmp_path / "x.html", records)
    seen = {}
    for scheme in ("light", "dark"):
        chromium.prefer(prefers_color_scheme=scheme)
        chromium.open(target)
        seen[scheme] = chromium.run("getComputedStyle(document.body).backgroundColor")
    assert seen == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_for_every_reader(tmp_path, chromium, records, scheme):
    """The rules of accessibility (WCAG 2.2, A and AA) as axe-core asks them."""
    chromium.prefer(prefers_color_scheme=scheme)
    chromium.open(report(tmp_path / "x.html", records))
    steer(chromium, "query", "rgb")
    click(chromium, ".row .c-file button")
    found = axe(chromium)
    if found is None:
        pytest.skip("no axe-core here")
    assert found == []


def test_what_a_screen_reader_is_told(page):
    tree = page.send("Accessibility.getFullAXTree")["nodes"]

    def named(role: str) -> list[str]:
        return [
            str(node["name"].get("value", ""))
            for node in tree
            if not node["ignored"] and node["role"]["value"] == role
        ]

    assert "Files" in named("region")
    assert "Search in names, statements and findings" in named("searchbox")
    assert {"File", "Container", "Size", "Verdict", "Credential", "Findings"} <= {
        name.rstrip(" ▲") for name in named("columnheader")
    }
    assert len(named("status")) == 1
    assert page.run("document.getElementById('files').getAttribute('aria-rowcount')") == "8"
    assert any("bare.png" in name for name in named("rowheader"))


def test_print_shows_every_file_with_its_findings(tmp_path, chromium, records):
    chromium.prefer()
    chromium.open(report(tmp_path / "x.html", many(records, 300)))
    assert len(names(chromium)) < 100
    chromium.run("window.dispatchEvent(new Event('beforeprint'))")
    assert len(names(chromium)) == 300
    assert "nothing in the file reserves" in text(chromium, "#files")
    chromium.run("window.dispatchEvent(new Event('afterprint'))")
    assert len(names(chromium)) < 100
    printed = base64.b64decode(chromium.send("Page.printToPDF")["data"])
    pages = printed.count(b"/Type /Page\n") + printed.count(b"/Type/Page/")
    assert printed.startswith(b"%PDF") and len(printed) > 100_000, pages


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_and_cannot_act(tmp_path, chromium, name):
    chromium.prefer()
    target = report(tmp_path / "x.html", (hostile(name, f"in/{name}"),))
    chromium.open(target)
    assert chromium.complaints == []
    assert len(chromium.requests) == 1
    click(chromium, ".row .c-file button")
    assert chromium.run("document.title") == "Rights reservations"
    assert chromium.run("document.querySelectorAll('img, iframe, object, a').length") == 0
    assert chromium.run("document.scripts.length") == 6
    assert chromium.run(COUNT) == "1 of 1 file"
    (shown,) = chromium.run(PATHS)
    plain = re.fullmatch(r"[\x20-\x7e]*", name)
    assert shown == f"in/{name}" if plain else "\\u" in shown
    for char in "\u202e\0\x1b\udcff":
        assert char not in text(chromium, "body")


def test_a_script_that_got_in_would_not_run(tmp_path, chromium, records):
    target = report(tmp_path / "x.html", records)
    html = target.read_text("utf-8")
    steal = "document.title='stolen'"
    inside = f'<script>{steal}</script><img src=x onerror="{steal}">'
    style = "<style>body { background: url(file:///stolen.png) }</style>"
    target.write_text(html.replace("<main>", f"<main>{inside}{style}"), "utf-8")
    chromium.open(target)
    assert chromium.run("document.title") == "Rights reservations"
    assert any("Content Security Policy" in line for line in chromium.complaints)
    assert len(chromium.requests) == 1


def test_the_data_hold_no_markup(tmp_path):
    html = report(tmp_path / "x.html", tuple(map(hostile, HOSTILE))).read_text("utf-8")
    element = r'<script type="application/json" id="(\w+)">(.*?)</script>'
    elements = re.findall(element, html, re.DOTALL)
    assert [name for name, _ in elements] == ["run", "words", "pool", "rows", "pictures"]
    for _, content in elements:
        assert "<" not in content
        json.loads(content)
    assert html.count("<script") == 6
    assert "unsafe" not in policy()


def test_thumbnails(tmp_path, chromium, records):
    picture = tmp_path / "picture.png"
    Image.new("RGBA", (400, 200), (0, 80, 200, 128)).save(picture)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    seen = (
        replace(records[0], path=str(picture)),
        replace(records[0], path=str(broken)),
        replace(records[0], path=str(tmp_path / "gone.png")),
    )
    target = report(tmp_path / "x.html", seen, options=Options(thumbnails=True))
    chromium.open(target)
    assert chromium.complaints == []
    sizes = chromium.run(
        "Promise.all([...document.images].map((one) => one.decode().then("
        "() => [one.naturalWidth, one.naturalHeight])))"
    )
    assert sizes == [[96, 48]]
    plain = report(tmp_path / "y.html", seen)
    chromium.open(plain)
    assert chromium.run("document.images.length") == 0


def test_a_page_of_embed(tmp_path, chromium):
    refused = ErrorInfo("refused", "a manifest is there", "caBX", "give --resign")
    change = Difference(Carrier.XMP, "iTXt", "dc:rights", "old words", None)
    done = (
        EmbedRecord(
            path="a/b.png",
            status=Status.WRITTEN,
            output="out/b.png",
            warnings=("odd",),
            changes=(change,),
        ),
        EmbedRecord(path="a/c.png", status=Status.REFUSED, error=refused),
    )
    chromium.open(report(tmp_path / "x.html", done, replace(RUN, command="embed", complete=False)))
    assert chromium.complaints == []
    assert "Status" in text(chromium, "#files thead")
    assert "The run was stopped" in text(chromium, "#stopped")
    click(chromium, ".row .c-file button")
    assert "out/b.png" in text(chromium, ".detail")
    assert "odd" in text(chromium, ".detail")
    assert "old words" in text(chromium, ".detail table")


def test_fifty_thousand_files(tmp_path, chromium, records):
    """Only what is in sight is in the document, wherever that is; see benchmarks for the times."""
    target = report(tmp_path / "x.html", many(records, 50_000))
    assert target.stat().st_size < 16 << 20
    chromium.open(target)
    assert chromium.complaints == []
    assert chromium.run(COUNT) == "50,000 of 50,000 files"
    assert len(names(chromium)) < 100
    steer(chromium, "query", "track 31415")
    assert names(chromium)[0].startswith("12 track 31415")
    steer(chromium, "query", "")
    chromium.run("document.querySelector('.row .c-file button').focus()")
    chromium.press("End")
    assert names(chromium)[-1].startswith("08 track 49999")
    focused: Any = chromium.run("document.activeElement.closest('tr').ariaRowIndex")
    assert focused == "50001"
    in_sight = (
        "(() => { const box = document.activeElement.getBoundingClientRect();"
        " const all = document.getElementById('scroll').getBoundingClientRect();"
        " return box.top >= all.top && box.bottom <= all.bottom + 1; })()"
    )
    assert chromium.run(in_sight) is True
    chromium.press("Enter")
    assert "49999" in text(chromium, ".detail")
    assert len(names(chromium)) < 100


def test_a_browser_without_scripts_shows_the_totals(tmp_path, chromium, records):
    chromium.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open(report(tmp_path / "x.html", records))
        shown = chromium.run("document.body.innerText")
    finally:
        chromium.send("Emulation.setScriptExecutionDisabled", value=False)
    assert "reserved: 4" in shown
