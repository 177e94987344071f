"""In place and never lost: old bytes that can be put back, or the new file, whole."""

from __future__ import annotations

import errno
import hashlib
import inspect
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaoptout.errors import MediaoptoutError, RefusedError, SourceChangedError, WriteError
from mediaoptout.splice import files
from mediaoptout.splice.fingerprint import Fingerprint
from mediaoptout.splice.inplace import (
    SMALL,
    NoLocksError,
    cost,
    overwrite,
    prefer_in_place,
    replace,
)
from mediaoptout.splice.journal import FOLDER, Edit, Journal, Record, State, surroundings
from mediaoptout.splice.patch import Copy, Hole, Insert, Patch
from mediaoptout.splice.recovery import Mending, Recovered, recover
from mediaoptout.splice.source import FileSource
from mediaoptout.splice.writer import Seal
from tests.splice.strategies import materialised

ROOT = Path(__file__).resolve().parents[2]
OLD = os.urandom(30_000)
SIZE = len(OLD)
WITHIN = Patch(
    (Copy(0, 8), Insert(b"size"), Copy(12, 9_000), Insert(b"x" * 5000), Copy(14_000, SIZE))
)
GROWING = Patch((Copy(0, 8), Insert(b"size"), Copy(12, SIZE - 10), Insert(b"y" * 7000)))
SHRINKING = Patch((Copy(0, 8), Insert(b"size"), Copy(12, SIZE - 6000), Insert(b"z")))
PATCHES = {"within": WITHIN, "growing": GROWING, "shrinking": SHRINKING}
MTIME = 1_500_000_000_123_456_789

NEVER_FAIL = ("names", "discard", "remove_folder")
"""What deals with every error itself."""

CALLS = [
    name
    for name, function in vars(files).items()
    if inspect.isfunction(function)
    and function.__module__ == files.__name__
    and not name.startswith("_")
    and name not in NEVER_FAIL
]


@contextmanager
def watched(before: Callable[[int, str], object]) -> Iterator[None]:
    """Let ``before`` see each of our system calls, with its turn."""
    turns = count(1)

    def wrapped(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            if name == "close":  # which lets go of the file even when it fails
                real(*given, **named)
                return before(next(turns), name)
            before(next(turns), name)
            return real(*given, **named)

        return call

    with pytest.MonkeyPatch.context() as patching:
        for name in CALLS:
            patching.setattr(files, name, wrapped(name, getattr(files, name)))
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a file.wav"
    fresh(file)
    return file


@pytest.fixture(params=PATCHES)
def patch(request) -> Patch:
    return PATCHES[request.param]


def fresh(file: Path, data: bytes = OLD) -> None:
    file.write_bytes(data)
    os.utime(file, ns=(MTIME, MTIME))


def change(file: Path, patch: Patch, **more) -> None:
    with FileSource(file) as source:
        overwrite(patch, source, **more)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def mendings(folder: Path) -> list[Mending]:
    return [each.mending for each in recover(folder)]


def in_a_child(action: Callable[[], object]) -> int:
    """Do it in a forked process; how that ended."""
    child = os.fork()
    if child == 0:
        code = 97
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_at(turn: int) -> Callable[[int, str], None]:
    def before(now: int, _name: str) -> None:
        if now == turn:
            os.kill(os.getpid(), signal.SIGKILL)

    return before


def record_of(file: Path, patch: Patch) -> Record:
    """What `overwrite` remembers, got hold of while it is at it."""
    found: list[Record] = []

    def look(_: Path) -> None:
        (record,) = (file.parent / FOLDER).iterdir()
        found.append(Record.from_bytes(record.read_bytes()))
        raise RefusedError("only looking")

    with pytest.raises(RefusedError):
        change(file, patch, check=look)
    return found[0]


def left_by_the_dead(file: Path, record: Record) -> Path:
    """The record as a process leaves it that dies."""
    with Journal(record, file.parent, sync=False) as journal:
        journal.keep()
    (left,) = (file.parent / FOLDER).iterdir()
    return left


# Changing


def test_a_file_is_changed_in_place(path, patch):
    new = materialised(patch, OLD)
    before = path.stat()
    seen = []
    change(path, patch, check=lambda file: seen.append(file.read_bytes()))
    after = path.stat()
    assert path.read_bytes() == new
    assert seen == [new]
    assert names(path.parent) == [path.name]
    assert (before.st_ino, before.st_mode, before.st_mtime_ns) == (
        after.st_ino,
        after.st_mode,
        after.st_mtime_ns,
    )
    assert mendings(path.parent) == []


@given(data=st.binary(max_size=64), draw=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_patch_that_moves_nothing(tmp_path, data, draw):
    pieces: list = []
    at = 0
    while at < len(data) and draw.draw(st.booleans()):
        end = draw.draw(st.integers(at + 1, len(data)))
        pieces.append(
            Copy(at, end)
            if draw.draw(st.booleans())
            else Insert(draw.draw(st.binary(min_size=end - at, max_size=end - at)))
        )
        at = end
    if at == len(data):
        pieces.append(Insert(draw.draw(st.binary(max_size=9))))
    patch = Patch(tuple(pieces))
    assert patch.moves_nothing
    file = tmp_path / "any"
    file.write_bytes(data)
    change(file, patch, sync=False)
    assert file.read_bytes() == materialised(patch, data)
    assert names(tmp_path) == ["any"]


def test_what_is_there_already_is_not_written(path):
    inode = path.stat()
    change(path, Patch((Copy(0, 5), Insert(OLD[5:50]), Copy(50, SIZE))))
    assert path.stat().st_ctime_ns == inode.st_ctime_ns


@pytest.mark.parametrize(
    "patch",
    [Patch((Insert(b"a"), Copy(0, SIZE))), Patch((Copy(0, SIZE), Hole(4, "c2pa")))],
    ids=["moves", "hole"],
)
def test_other_patches_are_not_for_it(path, patch):
    with pytest.raises(ValueError, match="in place"):
        change(path, patch)


def test_links_stay(path, tmp_path):
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "soft").symlink_to(path)
    (folder / "hard").hardlink_to(path)

    def no_record_here(_: Path) -> None:
        assert names(folder) == ["hard", "soft"]

    change(folder / "soft", GROWING, check=no_record_here)
    assert (folder / "soft").is_symlink()
    assert (folder / "hard").read_bytes() == materialised(GROWING, OLD)
    assert path.stat().st_nlink == 2


def test_a_check_that_fails_takes_it_back(path, patch):
    def check(file: Path) -> None:
        assert file.read_bytes() == materialised(patch, OLD)
        raise RefusedError("it is not good")

    with pytest.raises(RefusedError, match="not good"):
        change(path, patch, check=check)
    assert path.read_bytes() == OLD
    assert path.stat().st_mtime_ns == MTIME
    assert names(path.parent) == [path.name]


@pytest.mark.parametrize("times", [False, True], ids=["", "same times"])
def test_a_source_that_changed_is_left_alone(path, times):
    with FileSource(path) as source:
        time.sleep(0.02)  # a file system counts time in ticks
        fresh(path, OLD[::-1])
        if not times:
            os.utime(path)
        with pytest.raises(SourceChangedError):
            overwrite(WITHIN, source)
    assert path.read_bytes() == OLD[::-1]


def test_a_source_that_was_replaced_is_left_alone(path):
    with FileSource(path) as source:
        fresh(path.with_name("other"))
        path.with_name("other").replace(path)
        with pytest.raises(SourceChangedError):
            overwrite(WITHIN, source)
    assert path.read_bytes() == OLD


def test_two_processes_do_not_change_one_file_together(path):
    with FileSource(path) as source:
        late = FileSource(path)

        def meanwhile(_: Path) -> None:
            with pytest.raises(WriteError) as caught:
                overwrite(SHRINKING, late)
            assert caught.value.code == "busy"
            assert recover(path.parent) == []

        overwrite(GROWING, source, check=meanwhile)
    with pytest.raises(SourceChangedError):
        overwrite(SHRINKING, late)
    late.close()
    assert path.read_bytes() == materialised(GROWING, OLD)


# Faults


def run_through(path: Path, patch: Patch) -> list[str]:
    made: list[str] = []
    with watched(lambda _, name: made.append(name)):
        change(path, patch)
    assert path.read_bytes() == materialised(patch, OLD)
    fresh(path)
    return made


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_every_call_may_fail(path, patch, number):
    made = run_through(path, patch)
    assert {"make_folder", "create", "lock", "sync", "replace", "sync_folder", "write_at"} <= set(
        made
    )
    for turn in range(1, len(made) + 1):

        def fail(now: int, _name: str, turn: int = turn) -> None:
            if now == turn:
                raise OSError(number, os.strerror(number))

        failed = False
        with watched(fail):
            try:
                change(path, patch)
            except WriteError as error:
                failed = True
                assert error.fix
        if made[turn - 1] != "close":
            assert path.read_bytes() == (OLD if failed else materialised(patch, OLD))
        recover(path.parent)
        assert path.read_bytes() in (OLD, materialised(patch, OLD))
        assert path.stat().st_mtime_ns == MTIME
        assert names(path.parent) == [path.name]
        fresh(path)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_every_call_may_be_interrupted(path, patch, kind):
    for turn in range(1, len(run_through(path, patch)) + 1):

        def interrupt(now: int, _name: str, turn: int = turn) -> None:
            if now == turn:
                raise kind

        with watched(interrupt), pytest.raises(kind):
            change(path, patch)
        assert recover(path.parent) == [] or path.read_bytes() in (OLD, materialised(patch, OLD))
        assert path.read_bytes() in (OLD, materialised(patch, OLD))
        assert path.stat().st_mtime_ns == MTIME
        fresh(path)


def test_a_disk_that_fails_for_good_leaves_it_to_the_next_run(path, patch):
    failing = False

    def fail(_now: int, name: str) -> None:
        nonlocal failing
        failing = failing or (name == "set_times")
        if failing and name in ("write_at", "set_times"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with watched(fail), pytest.raises(WriteError) as caught:
        change(path, patch)
    assert caught.value.code == "rollback-pending"
    assert names(path.parent) == [FOLDER, path.name]
    assert len(recover(path.parent)) == 1
    assert path.read_bytes() in (OLD, materialised(patch, OLD))
    assert names(path.parent) == [path.name]


def test_dying_at_every_call(path, patch):
    made = run_through(path, patch)
    new = materialised(patch, OLD)
    seen: Counter[Mending] = Counter()
    for turn in range(1, len(made) + 1):

        def change_and_die(turn: int = turn) -> None:
            with watched(die_at(turn)):
                change(path, patch)

        assert in_a_child(change_and_die) == -signal.SIGKILL
        seen.update(mendings(path.parent))
        assert path.read_bytes() in (OLD, new)
        assert names(path.parent) in ([path.name], [FOLDER, path.name])
        assert mendings(path.parent) == []
        change(path, patch) if path.read_bytes() == OLD else None
        assert path.read_bytes() == new
        assert names(path.parent) == [path.name]
        fresh(path)
    assert set(seen) == {Mending.UNTOUCHED, Mending.RESTORED, Mending.FINISHED}


def test_dying_at_every_call_while_mending(path, patch):
    record = record_of(path, patch)
    new = materialised(patch, OLD)
    smaller = min(len(new), SIZE)
    mixed = new[:10_000] + OLD[10_000:smaller]
    for turn in count(1):
        fresh(path, mixed)
        left_by_the_dead(path, record)

        def mend_and_die(turn: int = turn) -> None:
            with watched(die_at(turn)):
                recover(path.parent)

        ended = in_a_child(mend_and_die)
        recover(path.parent)
        assert path.read_bytes() == OLD
        assert mendings(path.parent) == []
        if ended == 0:
            break
    assert turn > 8


def test_no_descriptor_is_left_open(path, patch):
    made = run_through(path, patch)
    before = len(list(Path("/dev/fd").iterdir()))
    for turn in range(1, len(made) + 1):

        def fail(now: int, _name: str, turn: int = turn) -> None:
            if now == turn:
                raise OSError(errno.EIO, "fault")

        with watched(fail), suppress(WriteError):
            change(path, patch)
        recover(path.parent)
        fresh(path)
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_a_folder_that_must_not_be_written():
    def refused() -> None:
        if os.getuid() == 0:
            os.setuid(65534)
        for action in (overwrite, replace):
            with FileSource(file) as source, pytest.raises(WriteError) as caught:
                action(large, source)
            assert caught.value.code == "no-permission"
            assert caught.value.fix

    large = Patch((Copy(0, 2 * SMALL), Insert(b"more")))
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "file"
        file.write_bytes(bytes(2 * SMALL))
        file.chmod(0o666)
        file.parent.chmod(0o555)
        assert in_a_child(refused) == 0
        assert file.read_bytes() == bytes(2 * SMALL)
        assert names(file.parent) == ["file"]
        file.parent.chmod(0o700)


def test_a_folder_that_cannot_hold_a_record(path):
    (path.parent / FOLDER).write_text("not a folder")
    with pytest.raises(WriteError) as caught:
        change(path, WITHIN)
    assert caught.value.fix
    assert path.read_bytes() == OLD
    assert recover(path.parent) == []


def test_a_full_disk_while_the_record_is_written(path):
    resource = pytest.importorskip("resource")

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        with pytest.raises(WriteError) as caught:
            change(path, WITHIN)
        assert caught.value.code == "too-large"

    assert in_a_child(limited) == 0
    assert path.read_bytes() == OLD
    assert names(path.parent) == [path.name]


def test_a_full_disk_while_the_file_grows(path):
    resource = pytest.importorskip("resource")

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE + 100, SIZE + 100))
        with pytest.raises(WriteError) as caught:
            change(path, GROWING)
        assert caught.value.code == "too-large"

    assert in_a_child(limited) == 0
    assert path.read_bytes() == OLD
    assert path.stat().st_mtime_ns == MTIME
    assert names(path.parent) == [path.name]


# Recovering


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(which=st.sampled_from(sorted(PATCHES)), draw=st.data())
def test_whatever_a_power_cut_leaves_is_taken_back(tmp_path, which, draw):
    """Any disk block may be old or new, or empty where the file grew."""
    patch = PATCHES[which]
    new = materialised(patch, OLD)
    path = tmp_path / "cut.wav"
    fresh(path)
    record = record_of(path, patch)
    size = draw.draw(
        st.sampled_from(sorted({SIZE, len(new)})) | st.integers(*sorted((SIZE, len(new))))
    )
    blocks = []
    for at in range(0, size, 512):
        sides = [side[at : at + 512].ljust(512, b"\0") for side in (OLD, new)]
        blocks.append(sides[0] if sides[0] == sides[1] else draw.draw(st.sampled_from(sides)))
    path.write_bytes(b"".join(blocks)[:size])
    left_by_the_dead(path, record)
    mended = mendings(tmp_path)
    assert mended[0] in (Mending.RESTORED, Mending.UNTOUCHED, Mending.FINISHED)
    assert path.read_bytes() == (new if mended == [Mending.FINISHED] else OLD)
    assert names(tmp_path) == ["cut.wav"]


def test_wherever_a_write_was_broken_off(path, patch):
    record = record_of(path, patch)
    new = materialised(patch, OLD)
    for edit in record.edits:
        done = bytearray(OLD)
        for later in record.edits:
            if later.start > edit.start and later.new:
                done[later.start :] = later.new + done[later.start + len(later.new) :]
        for length in (0, 1, 3, 600, 4999):
            if length and length >= len(edit.new):
                continue
            state = done.copy()
            state[edit.start : edit.start + length] = edit.new[:length]
            path.write_bytes(state)
            left_by_the_dead(path, record)
            assert mendings(path.parent)[0] in (Mending.RESTORED, Mending.UNTOUCHED)
            assert path.read_bytes() == OLD
    fresh(path, new)
    left_by_the_dead(path, record)
    assert mendings(path.parent) == [Mending.FINISHED]
    assert path.read_bytes() == new


def kept(path: Path, data: bytes, record: Record) -> Recovered:
    """The file is left as it is, with the record, and the user is told, as often as it is so."""
    path.write_bytes(data)
    stamp = path.stat().st_mtime_ns
    left = left_by_the_dead(path, record)
    for _ in range(2):
        (found,) = recover(path.parent)
        assert found.mending is Mending.KEPT
        assert found.fix
        assert path.read_bytes() == data
        assert path.stat().st_mtime_ns == stamp
        assert left.exists()
    return found


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda mixed: mixed[:9_500] + b"!" + mixed[9_501:], id="among the changes"),
        pytest.param(lambda mixed: b"RIFX" + mixed[4:], id="at the beginning"),
        pytest.param(lambda mixed: mixed[:-1] + b"\0\0"[:1], id="at the end"),
        pytest.param(lambda mixed: mixed[:8_990] + b"!" + mixed[8_991:], id="near the changes"),
        pytest.param(lambda mixed: mixed + b"!", id="longer"),
        pytest.param(lambda mixed: mixed[:-1], id="shorter"),
        pytest.param(lambda mixed: b"", id="empty"),
        pytest.param(lambda mixed: os.urandom(SIZE), id="another file"),
    ],
)
def test_a_file_that_others_changed_is_left_alone(path, edit):
    record = record_of(path, WITHIN)
    mixed = materialised(WITHIN, OLD)[:10_000] + OLD[10_000:]
    found = kept(path, edit(mixed), record)
    assert "others" in found.message
    assert found.path == path


def test_a_file_that_is_gone(path):
    record = record_of(path, WITHIN)
    path.unlink()
    left = left_by_the_dead(path, record)
    (found,) = recover(path.parent)
    assert found.mending is Mending.KEPT
    assert "gone" in found.message
    mixed = materialised(WITHIN, OLD)[:10_000] + OLD[10_000:]
    fresh(path, mixed)
    assert mendings(path.parent) == [Mending.RESTORED]
    assert path.read_bytes() == OLD
    assert not left.exists()


def test_a_link_in_the_files_place_is_not_followed(path, tmp_path):
    record = record_of(path, WITHIN)
    mixed = materialised(WITHIN, OLD)[:10_000] + OLD[10_000:]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "target").write_bytes(mixed)
    path.unlink()
    path.symlink_to(elsewhere / "target")
    left_by_the_dead(path, record)
    assert mendings(path.parent) == [Mending.KEPT]
    assert (elsewhere / "target").read_bytes() == mixed


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "", ".", "..", "a\0b", "b/c", "\ud800"]
)
def test_a_record_names_only_files_of_its_folder(path, name):
    record = Record(name, Fingerprint.of(path), 0, SIZE, (Edit(0, b"a", b"b"),), "")
    with pytest.raises(MediaoptoutError):
        Record.from_bytes(record.to_bytes())


def test_a_record_that_was_tampered_with_is_kept(path):
    record = record_of(path, WITHIN)
    mixed = materialised(WITHIN, OLD)[:10_000] + OLD[10_000:]
    fresh(path, mixed)
    left = left_by_the_dead(path, record)
    whole = left.read_bytes()
    spoiled = [
        whole[:-1],
        whole + b"\0",
        whole[:500] + bytes([whole[500] ^ 1]) + whole[501:],
        whole.replace(b"rollback/1", b"rollback/2"),
        whole.replace(b'"schema"', b'"scheme"'),
        b"[]\n" + bytes(32),
        b"",
        os.urandom(999),
    ]
    for data in spoiled:
        left.write_bytes(data)
        (found,) = recover(path.parent)
        assert found.mending is Mending.KEPT
        assert str(left) in found.message
        assert left.read_bytes() == data
        assert path.read_bytes() == mixed
    left.write_bytes(whole)
    assert mendings(path.parent) == [Mending.RESTORED]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("atime_ns", 1 << 80),
        ("atime_ns", float("inf")),
        ("new_size", 1 << 90),
        ("new_size", -1),
        ("edits", [[1 << 80, 1, 1]]),
        ("edits", [[0, -1, 3]]),
        ("edits", [[0, 1]]),
        ("edits", [5]),
        ("edits", None),
        ("name", 7),
        ("before", "{}"),
        ("before", "[" * 100_000),
        ("before", None),
    ],
)
def test_a_record_that_makes_no_sense_is_kept(path, field, value):
    record = Record(path.name, Fingerprint.of(path), 0, SIZE, (Edit(0, b"a", b"b"),), "")
    line, _, rest = record.to_bytes()[:-32].partition(b"\n")
    header = json.dumps(json.loads(line) | {field: value}).encode()
    body = header + b"\n" + rest
    left_by_the_dead(path, record).write_bytes(body + hashlib.sha256(body).digest())
    assert mendings(path.parent) == [Mending.KEPT]
    assert path.read_bytes() == OLD


@given(st.binary(max_size=400))
def test_no_bytes_confuse_the_reader_of_records(data):
    with pytest.raises(MediaoptoutError):
        Record.from_bytes(data)


edits = st.lists(st.tuples(st.integers(1, 50), st.binary(min_size=1, max_size=30)), max_size=5)


@given(edits=edits, tail=st.tuples(st.binary(max_size=9), st.binary(max_size=9)), name=st.text())
def test_a_record_reads_back(edits, tail, name):
    at = 0
    made = []
    for gap, data in edits:
        made.append(Edit(at + gap, data, data[::-1]))
        at += gap + len(data)
    made.append(Edit(at, *tail))
    size = at + len(tail[0])
    before = Fingerprint(size, 5, 6, 7)
    record = Record("name", before, 8, at + len(tail[1]), tuple(made), "around")
    assert Record.from_bytes(record.to_bytes()) == record


def test_a_torn_record_is_taken_away(path):
    whole = record_of(path, WITHIN)
    (path.parent / FOLDER).mkdir()
    torn = path.parent / FOLDER / f"{path.name}.123-0badcafe.rollback-new"
    torn.write_bytes(whole.to_bytes()[:100])
    assert mendings(path.parent) == [Mending.UNTOUCHED]
    assert names(path.parent) == [path.name]


def test_other_things_in_the_folder_are_left_alone(path):
    (path.parent / FOLDER).mkdir()
    ours = path.parent / FOLDER / "ledger.jsonl"
    ours.write_text("{}")
    change(path, WITHIN)
    assert recover(path.parent) == []
    assert ours.read_text() == "{}"


def test_names_that_no_encoding_knows(tmp_path):
    file = tmp_path / os.fsdecode(b"\xff\xfe caf\xc3\xa9.wav")
    fresh(file)
    record = record_of(file, GROWING)
    fresh(file, materialised(GROWING, OLD)[: SIZE + 50])
    left_by_the_dead(file, record)
    assert mendings(tmp_path) == [Mending.RESTORED]
    assert file.read_bytes() == OLD


def test_states():
    edit = Edit(2, b"ab", b"cd")
    around = surroundings([edit], 6, lambda start, end: b"01ab45"[start:end])
    record = Record("x", Fingerprint(6, 0, 0, 0), 0, 6, (edit,), around)

    def state(data: bytes) -> State:
        return record.state(len(data), lambda start, end: data[start:end])

    assert state(b"01ab45") is State.OLD
    assert state(b"01cd45") is State.NEW
    assert state(b"01cb45") is State.MIXED
    assert state(b"01ad45") is State.MIXED
    assert state(b"01cb46") is State.FOREIGN
    assert state(b"01xb45") is State.FOREIGN
    assert state(b"01cb4") is State.FOREIGN


# Choosing


def test_what_is_better_in_place():
    large = 8 * SMALL
    little = Patch((Copy(0, 8), Insert(b"size"), Copy(12, large), Insert(bytes(4000))))
    assert cost(little) == 4004
    assert prefer_in_place(little, large)
    assert not prefer_in_place(GROWING, SIZE)
    assert not prefer_in_place(Patch((Insert(b"a"), Copy(0, large))), large)
    assert not prefer_in_place(Patch((Copy(0, large // 2),)), large)
    assert not prefer_in_place(Patch((Copy(0, large), Hole(9, "c2pa"))), large)
    assert not prefer_in_place(Patch((Copy(0, 8), Insert(bytes(large)))), large)
    scattered = [piece for at in range(0, 20_000, 2) for piece in (Copy(at, at + 1), Insert(b"."))]
    assert not prefer_in_place(Patch((*scattered, Copy(20_000, large))), large)


def test_a_large_file_is_changed_in_place_and_a_small_one_written_anew(path):
    large = path.with_name("large")
    large.write_bytes(bytes(2 * SMALL))
    for file, patch in (path, WITHIN), (large, Patch((Copy(0, 2 * SMALL), Insert(b"more")))):
        inode, data = file.stat().st_ino, file.read_bytes()
        with FileSource(file) as source:
            replace(patch, source)
        assert file.read_bytes() == materialised(patch, data)
        assert (file.stat().st_ino == inode) is (file is large)
    inode = large.stat().st_ino
    with FileSource(large) as source:
        sealed = Patch((Copy(0, source.size), Hole(4, "c2pa")))
        replace(sealed, source, seal=Seal(lambda digest, file: b"seal", hashed=False))
    assert large.read_bytes()[-8:] == b"moreseal"
    assert large.stat().st_ino != inode
    assert names(path.parent) == [path.name, "large"]


def test_where_there_are_no_locks_the_file_is_written_anew(path, monkeypatch):
    monkeypatch.setattr(files, "lock", lambda fd: None)
    large = path.with_name("large")
    large.write_bytes(bytes(2 * SMALL))
    patch = Patch((Copy(0, 2 * SMALL), Insert(b"more")))
    with pytest.raises(NoLocksError):
        change(large, patch)
    inode = large.stat().st_ino
    with FileSource(large) as source:
        replace(patch, source)
    assert large.read_bytes()[-4:] == b"more"
    assert large.stat().st_ino != inode


# Really killed

CHANGER = """
import sys
import time
from pathlib import Path
from mediaoptout.splice import files
from mediaoptout.splice.inplace import overwrite
from mediaoptout.splice.patch import Copy, Insert, Patch
from mediaoptout.splice.recovery import recover
from mediaoptout.splice.source import FileSource

def dawdle(fd, data, at, write_at=files.write_at):
    time.sleep(1e-5)
    write_at(fd, data, at)

path, size = Path(sys.argv[1]), int(sys.argv[2])
if sys.argv[3] == "dawdle":
    files.write_at = dawdle
for found in recover(path.parent):
    print(found.mending)
print("ready", flush=True)
turn = path.stat().st_size % 251
while True:
    turn = (turn + 1) % 251
    block = bytes([turn])
    with FileSource(path) as source:
        pieces = [Insert(block * 5000), Copy(5000, 400_000)]
        for at in range(400_000, 700_000, 1000):
            pieces += [Copy(at, at + 400), Insert(block * 600)]
        tail = turn * 7919 % 1500 * 251 + turn
        patch = Patch((*pieces, Copy(700_000, size), Insert(block * tail)))
        overwrite(patch, source, sync=turn % 4 == 0)
"""


def killed(folder: Path, times: int) -> Counter[str]:
    """Kill a process that changes a file in place, again and again; what the next one found."""
    body = os.urandom(900_000)
    path = folder / "victim"
    old = bytearray(body)
    old[:5000] = bytes(5000)
    for at in range(400_000, 700_000, 1000):
        old[at + 400 : at + 1000] = bytes(600)
    path.write_bytes(old)
    seen: Counter[str] = Counter()
    for turn in range(times):
        # Every other child takes its time between two writes, so that it dies among them.
        pace = "dawdle" if turn % 2 else "hurry"
        child = subprocess.Popen(
            [sys.executable, "-c", CHANGER, path, str(len(body)), pace],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        while (line := child.stdout.readline()) != "ready\n":
            assert line, "the child could not begin"
            seen[line.strip()] += 1
        time.sleep(random.uniform(0, 0.04))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        copy = folder / "copy"
        copy.mkdir()
        subprocess.run(["cp", "-rp", path, folder / FOLDER, copy], check=False, stderr=-3)
        recover(copy)
        data = (copy / "victim").read_bytes()
        mark = data[0]
        assert data[5000:400_000] == body[5000:400_000]
        assert data[700_000 : len(body)] == body[700_000:]
        rest = data[:5000] + data[len(body) :]
        for at in range(400_000, 700_000, 1000):
            assert data[at : at + 400] == body[at : at + 400]
            rest += data[at + 400 : at + 1000]
        assert rest == bytes([mark]) * len(rest)
        assert mark == 0 or (len(data) - len(body)) % 251 == mark
        assert recover(copy) == []
        subprocess.run(["rm", "-r", copy], check=True)
    recover(folder)
    assert names(folder) == ["victim"]
    return seen


def test_killed_at_any_moment(tmp_path, capsys):
    seen = killed(tmp_path, 30)
    assert Mending.KEPT not in seen
    with capsys.disabled():
        print(f" [30 kills, then: {dict(seen)}]", end="")


@pytest.mark.slow
def test_killed_at_very_many_moments(tmp_path, capsys):
    seen = killed(tmp_path, 300)
    assert set(seen) == {Mending.UNTOUCHED, Mending.RESTORED, Mending.FINISHED}
    with capsys.disabled():
        print(f" [300 kills, then: {dict(seen)}]", end="")


def test_processes_at_once_leave_one_of_their_files(path):
    new = b"".join(bytes([turn]) * 4000 for turn in range(4))
    path.write_bytes(bytes(16_000))

    def change_often(block: int) -> None:
        for _ in range(60):
            recover(path.parent)
            with FileSource(path) as source:
                try:
                    overwrite(Patch((Insert(new[block * 4000 :][:4000] * 4),)), source, sync=False)
                except WriteError as error:
                    assert error.code in ("busy", "source-changed")

    children = []
    for block in range(4):
        child = os.fork()
        if child == 0:
            code = 97
            try:
                change_often(block)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert len(set(path.read_bytes())) == 1
    assert names(path.parent) == [path.name]
