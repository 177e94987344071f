"""Which files a run is over, and where their outputs go."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.catalogue.outputs import Job, in_place, mirrored, to_read
from mediaoptout.catalogue.run import Means, processors
from mediaoptout.catalogue.selection import Item, is_media, listed, select
from mediaoptout.catalogue.tally import EmbedTally, VerifyTally
from mediaoptout.errors import ErrorInfo, UsageError
from mediaoptout.records import EmbedRecord, Finding, InspectRecord, VerifyRecord
from mediaoptout.words import Exit, Severity, Status, Verdict


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def made(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def paths(items: Iterable[Item]) -> list[str]:
    return [str(item.path) for item in items]


def test_a_folder_is_walked_in_the_order_of_names():
    made("in/b.wav", "in/a/z.wav", "in/a/B/c.wav", "in/c.wav", "in/a.wav")
    items = list(select([Path("in")]))
    assert paths(items) == ["in/a/B/c.wav", "in/a/z.wav", "in/a.wav", "in/b.wav", "in/c.wav"]
    assert str(items[0].relative) == "a/B/c.wav"
    assert all(item.size == len(str(item.path)) and not item.named for item in items)


def test_hidden_things_are_skipped_unless_named():
    made("in/.a.wav", "in/.b/c.wav", "in/.mediaoptout/ledger", ".d.wav")
    assert paths(select([Path("in")])) == []
    assert paths(select([Path(".d.wav"), Path("in/.b")])) == [".d.wav", "in/.b/c.wav"]


def test_each_file_once():
    made("in/a.wav", "in/b/c.wav")
    sources = [Path("in"), Path("in/"), Path("in/a.wav"), Path("./in/a.wav")]
    assert paths(select(sources)) == ["in/a.wav", "in/b/c.wav"]
    sources.append(Path("in/b/c.wav"))  # which has another output than before
    items = list(select(sources))
    assert [str(item.relative) for item in items] == ["a.wav", "b/c.wav", "c.wav"]
    assert [str(job.item.path) for job in to_read(items)] == ["in/a.wav", "in/b/c.wav"]


def test_the_output_is_left_out():
    made("in/a.wav", "in/out/a.wav", "in/deep/out/b.wav")
    assert paths(select([Path("in")], beside=Path("in/out"))) == ["in/a.wav", "in/deep/out/b.wav"]
    assert len(paths(select([Path("in")], beside=Path("absent")))) == 3


def test_links():
    made("in/a.wav", "far/b.wav")
    Path("in/linked.wav").symlink_to("../far/b.wav")
    Path("in/folder").symlink_to("../far")
    Path("in/dangling.wav").symlink_to("nowhere")
    Path("in/self.wav").symlink_to("self.wav")
    Path("named").symlink_to("far")
    expected = ["in/a.wav", "in/dangling.wav", "in/linked.wav", "in/self.wav"]
    assert paths(select([Path("in")])) == expected
    assert paths(select([Path("named")])) == ["named/b.wav"]
    (dangling,) = select([Path("in/dangling.wav")])
    assert (dangling.named, dangling.size) == (True, 0)


@pytest.mark.parametrize("name", ["absent", "in/absent.wav", "in/a.wav/below"])
def test_what_does_not_exist(name):
    made("in/a.wav")
    with pytest.raises(UsageError, match="there is no file or folder"):
        list(select([Path(name)]))


def test_a_listing():
    data = b"a.wav\r\n\nb c.wav\nd\xff.wav\n"
    assert [os.fsencode(path) for path in listed(io.BytesIO(data))] == [
        b"a.wav",
        b"b c.wav",
        b"d\xff.wav",
    ]
    assert list(listed(io.BytesIO(b"a\nb\0c\r\0"), null=True)) == [Path("a\nb"), Path("c\r")]
    assert list(listed(io.BytesIO(b""))) == []


names = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n/"), min_size=1).filter(
    lambda name: name not in (".", "..")
)


@given(st.lists(names, max_size=5))
def test_a_listing_of_any_names(found):
    lines = "\n".join(found).encode()
    assert list(listed(io.BytesIO(lines))) == [Path(name) for name in found]
    nul = "\0".join(found).encode()
    assert list(listed(io.BytesIO(nul), null=True)) == [Path(name) for name in found]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.wav", b"", True),
        ("a.JPEG", b"text", True),
        ("a", b"\xff\xd8\xff\xe0", True),
        ("a.txt", b"#!AMR\n", True),
        ("a.txt", b"text", False),
        ("a.xmp", b"<x:xmpmeta/>", False),
        ("a", b"", False),
        ("cover.psd", b"", True),
        ("notes.xml", b"<?xml version='1.0'?><svg xmlns='x'/>", True),
    ],
)
def test_what_is_media(name, content, expected):
    Path(name).write_bytes(content)
    assert is_media(Path(name)) is expected


def test_what_cannot_be_read_is_media_by_its_name_only():
    os.mkfifo("pipe")
    os.mkfifo("pipe.wav")
    assert not is_media(Path("absent"))
    assert not is_media(Path("pipe"))
    assert is_media(Path("pipe.wav"))


def test_outputs_mirror_the_tree():
    made("one/a/x.wav", "two/b/y.wav", "z.wav")
    sources = [Path("one"), Path("two"), Path("z.wav")]
    jobs = mirrored(select(sources), sources, Path("out"))
    assert [str(job.target) for job in jobs] == ["out/a/x.wav", "out/b/y.wav", "out/z.wav"]
    assert {job.target for job in in_place(select(sources))} == {None}


def test_in_place_takes_each_file_once():
    made("in/a.wav")
    Path("in/b.wav").symlink_to("a.wav")
    items = list(select([Path("in"), Path("in/a.wav")]))
    assert [str(job.item.path) for job in in_place(items)] == ["in/a.wav"]
    assert [str(job.item.path) for job in to_read(items)] == ["in/a.wav", "in/b.wav"]


def test_many_clashes_are_cut_short():
    made(*(f"{folder}/{number}.wav" for folder in ("a", "b") for number in range(9)))
    with pytest.raises(UsageError, match="and 4 more") as caught:
        mirrored(select([Path("a"), Path("b")]), [Path("a"), Path("b")], Path("out"))
    assert caught.value.message.count("would both become") == 5


def test_how_many_files_at_once():
    jobs = [Job(Item(Path("a"), Path("a"), named=True))] * 500
    assert processors() >= 1
    assert Means().width(jobs) == processors()
    assert Means(processes=7).width(jobs) == 7
    assert Means(processes=7).width(jobs[:3]) == 3
    assert Means(processes=7).width([]) == 1


def failed(path: str, message: str) -> EmbedRecord:
    return EmbedRecord(path=path, status=Status.FAILED, error=ErrorInfo("c", message, None, "fix"))


def test_a_tally_groups_what_is_alike():
    tally = EmbedTally()
    tally.add(None)
    tally.add(EmbedRecord(path="a", status=Status.UNCHANGED, bytes_inserted=5))
    assert (tally.exit, tally.skipped, tally.bytes_inserted) == (Exit.AS_EXPECTED, 1, 0)
    tally.add(EmbedRecord(path="b", status=Status.REFUSED, warnings=("w",)))
    assert int(tally.exit) == Exit.NOT_AS_EXPECTED
    for number in range(3):
        tally.add(failed(f"{number}", f"the output out/{number}.wav has {number} bytes"))
    tally.add(failed("x", "another thing"))
    assert int(tally.exit) == Exit.NOT_DONE
    first, second = tally.reasons
    assert (first.count, first.path, first.fix) == (3, "0", "fix")
    assert (second.count, second.message) == (1, "another thing")
    assert [reason.message for reason in tally.warnings] == ["w"]


def test_a_tally_groups_what_names_its_file():
    tally = EmbedTally()
    for name in ("one.wav", "two words.wav", "three/four (5).wav"):
        tally.add(failed(f"in/{name}", f"{name.rpartition('/')[2]} is write-protected"))
        tally.add(failed(f"in/{name}", f"in/{name} is a placeholder: offline"))
    assert [reason.count for reason in tally.reasons] == [3, 3]


def test_a_tally_of_verdicts():
    tally = VerifyTally()
    records = [
        VerifyRecord(path="a", verdict=Verdict.RESERVED),
        VerifyRecord(
            path="b",
            verdict=Verdict.RESERVED,
            findings=(Finding("r", Severity.WARNING, "m"), Finding("i", Severity.INFO, "n")),
        ),
    ]
    for record in records:
        tally.add(record)
    assert int(tally.exit) == Exit.AS_EXPECTED
    assert [reason.message for reason in tally.reasons] == ["m"]
    tally.add(InspectRecord(verify=VerifyRecord(path="c", error=ErrorInfo("e", "gone"))))
    assert int(tally.exit) == Exit.NOT_DONE
    assert tally.verdicts == {Verdict.RESERVED: 2, None: 1}


def test_the_worst_wins_in_any_order():
    records = [EmbedRecord(path="a", status=status) for status in Status for _ in range(2)]
    for seed in range(5):
        random.Random(seed).shuffle(records)
        tally = EmbedTally()
        for record in records:
            tally.add(record)
        assert int(tally.exit) == Exit.NOT_DONE
