from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import resource
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from mediaoptout.errors import RefusedError, SourceChangedError, WriteError
from mediaoptout.splice import files, temporary
from mediaoptout.splice.digest import ALONE
from mediaoptout.splice.patch import Copy, Hole, Insert, Patch
from mediaoptout.splice.source import STEP, FileSource
from mediaoptout.splice.temporary import sweep
from mediaoptout.splice.writer import KERNEL_PIECE, Seal, same_bytes, write
from tests.splice.strategies import SOURCE, materialised, patches

ROOT = Path(__file__).resolve().parents[2]
CONTENT = os.urandom(2 * KERNEL_PIECE + 999)
PATCH = Patch(
    (Copy(0, 100), Insert(b"reserved"), Copy(150, 2 * KERNEL_PIECE), Copy(9, 99), Insert(b"end"))
)
NEW = materialised(PATCH, CONTENT)


@pytest.fixture(autouse=True)
def every_folder_is_swept_anew():
    temporary.swept.cache_clear()


@pytest.fixture
def file(tmp_path) -> Path:
    """A source, alone in its folder."""
    path: Path = tmp_path / "source.bin"
    path.write_bytes(CONTENT)
    return path


def change(path: Path, target: Path, patch: Patch = PATCH, **how: object) -> None:
    with FileSource(path) as source:
        write(patch, source, target, **{"replace": False} | how)  # type: ignore[arg-type]


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


# ------------------------------------------------------------ what is written


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(patches(holes=False))
def test_any_patch_becomes_its_file(tmp_path, patch):
    path, target = tmp_path / "source", tmp_path / "target"
    path.write_bytes(SOURCE)
    change(path, target, patch, replace=True)
    assert target.read_bytes() == materialised(patch, SOURCE)
    with FileSource(path) as source:
        assert same_bytes(patch, source, target)
    assert names(tmp_path) == {"source", "target"}


@pytest.mark.parametrize("sync", [True, False])
def test_large_and_small_pieces_are_copied(file, tmp_path, sync):
    change(file, tmp_path / "target", sync=sync)
    assert (tmp_path / "target").read_bytes() == NEW
    assert file.read_bytes() == CONTENT
    assert names(tmp_path) == {"source.bin", "target"}


def test_a_kernel_that_cannot_copy_is_no_obstacle(file, tmp_path, monkeypatch):
    real, calls = files.copy_in_kernel, []

    def reluctant(source: int, start: int, size: int, fd: int) -> int:
        calls.append(start)
        return 0 if len(calls) > 1 else real(source, start, size // 3, fd)

    monkeypatch.setattr(files, "copy_in_kernel", reluctant)
    change(file, tmp_path / "target")
    assert len(calls) == 2
    assert (tmp_path / "target").read_bytes() == NEW


def test_what_the_kernel_does_not_know_is_left_to_us(file):
    with FileSource(file) as source, tempfile.TemporaryFile() as target:
        pipe, end = os.pipe()
        assert files.copy_in_kernel(source.fileno(), 0, 100, end) == 0
        os.close(pipe)
        os.close(end)
        with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
            files.copy_in_kernel(-1, 0, 100, target.fileno())


def test_many_small_pieces_take_few_calls(tmp_path, monkeypatch):
    path = tmp_path / "source"
    path.write_bytes(bytes(4 * STEP))
    real, calls = files.write, []

    def counted(fd: int, data: bytes) -> None:
        calls.append(len(data))
        real(fd, data)

    monkeypatch.setattr(files, "write", counted)
    pages = [p for at in range(0, 4 * STEP, 4096) for p in (Insert(b"x"), Copy(at + 1, at + 4096))]
    change(path, tmp_path / "target", Patch(tuple(pages)))
    assert (tmp_path / "target").read_bytes() == (b"x" + bytes(4095)) * (4 * STEP // 4096)
    assert len(calls) <= 5


def test_a_short_write_is_continued():
    pipe, end = os.pipe()
    os.set_blocking(pipe, True)
    data = os.urandom(1 << 20)  # more than a pipe holds at once
    child = multiprocessing.get_context("fork").Process(target=files.write, args=(end, data))
    child.start()
    os.close(end)
    with os.fdopen(pipe, "rb") as reader:
        assert reader.read() == data
    child.join()


@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("size", [100, 300_000, 2 * ALONE], ids=["small", "kernel", "thread"])
def test_a_seal_fills_the_hole_last(tmp_path, size, hashed):
    path, target = tmp_path / "source", tmp_path / "target"
    content = os.urandom(size)
    path.write_bytes(content)
    middle = size // 3
    patch = Patch((Copy(0, middle), Insert(b"<"), Hole(50, "c2pa"), Insert(b">"), Copy(9, size)))
    before, after = content[:middle] + b"<", b">" + content[9:]

    def seal(digest: bytes, unfinished: Path) -> bytes:
        assert unfinished.read_bytes() == before + bytes(50) + after
        assert digest == (hashlib.sha256(before + after).digest() if hashed else b"")
        return b"s" * 50

    change(path, target, patch, seal=Seal(seal, hashed))
    assert target.read_bytes() == before + b"s" * 50 + after
    with FileSource(path) as source:
        assert same_bytes(patch, source, target)
        target.write_bytes(before + b"t" * 50 + after[:-1] + b"\0")
        assert not same_bytes(patch, source, target)


def test_a_seal_that_does_not_fit_ends_the_writing(file, tmp_path):
    patch = Patch((Copy(0, 9), Hole(9, "c2pa")))
    with pytest.raises(WriteError, match="8 bytes"):
        change(file, tmp_path / "target", patch, seal=Seal(lambda digest, path: b"8" * 8, False))
    assert names(tmp_path) == {"source.bin"}


# ------------------------------------------------------------- what it takes over


def attributes(path: Path) -> dict[str, bytes]:
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


@pytest.mark.parametrize("place", ["itself", "another"])
def test_mode_times_and_attributes_are_kept(file, tmp_path, place):
    target = file if place == "itself" else tmp_path / "target"
    file.chmod(0o640)
    with suppress(OSError):  # not every file system has them
        os.setxattr(file, "user.note", b"from the archive")
        os.setxattr(file, "user.empty", b"")
    os.utime(file, ns=(1_000_000_000_123_456_789, 1_100_000_000_987_654_321))
    before, noted = file.stat(), attributes(file)
    change(file, target, replace=True)
    after = target.stat()
    assert target.read_bytes() == NEW
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert after.st_mtime_ns == before.st_mtime_ns
    assert after.st_atime_ns >= before.st_atime_ns
    assert attributes(target) == noted


def test_attributes_that_have_no_place_are_left_out(file):
    pipe, end = os.pipe()
    with FileSource(file) as source:
        os.setxattr(file, "user.note", b"a pipe cannot hold it")
        files.copy_attributes(source.fileno(), end, files.NOT_HERE)
        files.copy_attributes(pipe, source.fileno(), frozenset())
        with pytest.raises(OSError, match=r"."):
            files.copy_attributes(source.fileno(), end, frozenset())
        with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
            files.copy_attributes(1 << 20, end, files.NOT_HERE)
    os.close(pipe)
    os.close(end)


def test_the_file_is_private_until_it_is_done(file, tmp_path):
    seen = []
    file.chmod(0o644)
    change(
        file,
        tmp_path / "target",
        before_replace=lambda path: seen.append(stat.S_IMODE(path.stat().st_mode)),
    )
    assert seen == [0o600]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_who_owns_a_file_still_owns_it(file, tmp_path):
    os.chown(file, 1234, 5678)
    change(file, file, replace=True)
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 5678)
    change(file, tmp_path / "target", Patch.identity(9))
    assert (tmp_path / "target").stat().st_uid == 0


def test_a_link_stays_and_the_file_behind_it_changes(file, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link"
    link.symlink_to("../source.bin")
    change(link, link, replace=True)
    assert link.is_symlink()
    assert file.read_bytes() == NEW
    assert names(tmp_path / "elsewhere") == {"link"}


def test_another_hard_link_keeps_the_old_content(file, tmp_path):
    (tmp_path / "second").hardlink_to(file)
    change(file, file, replace=True)
    assert file.read_bytes() == NEW
    assert (tmp_path / "second").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "name",
    ["é" * 127 + "x", "x" * 255, "\N{MUSICAL SYMBOL G CLEF}" * 63, "a\nb", "-rf", "\udcff.jpg"],
)
def test_any_name_will_do(file, tmp_path, name):
    target = tmp_path / name
    change(file, target)
    change(file, target, replace=True)
    assert target.read_bytes() == NEW
    assert names(tmp_path) == {"source.bin", name}


def test_our_own_names_are_short_and_ours(tmp_path):
    for name in ("a", "é" * 127, "x" * 255, "\N{MUSICAL SYMBOL G CLEF}" * 63, "\udcff"):
        own = temporary._own_name(name)
        assert len(os.fsencode(own)) <= 128
        assert own.startswith(".")
        assert temporary._TEMPORARY.fullmatch(own)


# ------------------------------------------------------------------ what it refuses


def failing(code: str, path: Path, target: Path, **how: object) -> WriteError:
    before = names(target.parent) if target.parent.is_dir() else None
    with pytest.raises(WriteError) as caught:
        change(path, target, PATCH, **how)
    assert caught.value.code == code
    assert caught.value.fix
    assert "{" not in caught.value.message + caught.value.fix
    assert before is None or names(target.parent) == before
    return caught.value


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link", "pipe"])
def test_nothing_that_exists_is_overwritten(file, tmp_path, kind):
    target = tmp_path / "target"
    match kind:
        case "file":
            target.write_bytes(b"theirs")
        case "folder":
            target.mkdir()
        case "pipe":
            os.mkfifo(target)
        case _:
            target.symlink_to("nowhere")
    failing("output-exists", file, target)
    assert kind != "file" or target.read_bytes() == b"theirs"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_somebody_makes_meanwhile_is_not_overwritten(
    file, tmp_path, monkeypatch, links
):
    target = tmp_path / "target"
    if not links:
        monkeypatch.setattr(files, "publish", files._publish_without_links)
    with pytest.raises(WriteError) as caught:
        change(file, target, before_replace=lambda _: target.write_bytes(b"theirs"))
    assert caught.value.code == "output-exists"
    assert target.read_bytes() == b"theirs"
    assert names(tmp_path) == {"source.bin", "target"}


def test_without_links_a_name_is_reserved_first(file, tmp_path):
    files._publish_without_links(file, tmp_path / "target")
    assert names(tmp_path) == {"target"}
    with pytest.raises(FileNotFoundError):
        files._publish_without_links(tmp_path / "missing", tmp_path / "second")
    assert names(tmp_path) == {"target"}


def test_only_regular_files_give_way(file, tmp_path):
    (tmp_path / "folder").mkdir()
    failing("output-exists", file, tmp_path / "folder", replace=True)
    os.mkfifo(tmp_path / "pipe")
    failing("output-exists", file, tmp_path / "pipe", replace=True)


def test_a_missing_folder_is_told(file, tmp_path):
    failing("no-folder", file, tmp_path / "missing" / "target")
    failing("no-folder", file, file / "target")


def test_a_name_that_is_too_long_is_told(file, tmp_path):
    failing("name-too-long", file, tmp_path / ("x" * 256))


def test_holes_and_seals_that_do_not_fit_are_a_mistake(file, tmp_path):
    holed = Patch((Copy(0, 9), Hole(9, "c2pa")))
    with pytest.raises(ValueError, match="c2pa"):
        change(file, tmp_path / "target", holed)
    with pytest.raises(ValueError, match="holes"):
        change(file, tmp_path / "target", seal=Seal(lambda digest, path: b"", hashed=False))
    assert names(tmp_path) == {"source.bin"}


def test_what_the_check_raises_ends_the_writing(file):
    def refuse(path: Path) -> None:
        assert path.read_bytes() == NEW
        raise RefusedError("read back wrong")

    with pytest.raises(RefusedError, match="read back wrong"):
        change(file, file, replace=True, before_replace=refuse)
    assert file.read_bytes() == CONTENT
    assert names(file.parent) == {"source.bin"}


def test_a_source_that_is_written_to_meanwhile_stays(file):
    def append(_: Path) -> None:
        with file.open("ab") as writing:
            writing.write(b"more")

    with pytest.raises(SourceChangedError):
        change(file, file, replace=True, before_replace=append)
    assert file.read_bytes() == CONTENT + b"more"
    assert names(file.parent) == {"source.bin"}


def test_a_source_that_is_replaced_meanwhile_stays(file, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"theirs")
    with pytest.raises(SourceChangedError):
        change(file, file, replace=True, before_replace=lambda _: other.replace(file))
    assert file.read_bytes() == b"theirs"


@pytest.mark.parametrize("at", [0, 2 * KERNEL_PIECE - 9])
def test_a_source_that_becomes_shorter_is_noticed(file, tmp_path, at):
    with FileSource(file) as source:
        os.truncate(file, at)
        with pytest.raises(SourceChangedError):
            write(PATCH, source, tmp_path / "target", replace=False)
    assert names(tmp_path) == {"source.bin"}


CHANGE = """
import os, sys
from pathlib import Path
from mediaoptout.errors import WriteError
from mediaoptout.splice.patch import Copy, Insert, Patch
from mediaoptout.splice.source import FileSource
from mediaoptout.splice.writer import write
path, target = map(Path, sys.argv[1:3])
if sys.argv[3:]:
    os.setuid(int(sys.argv[3]))
with FileSource(path) as source:
    try:
        write(Patch((Copy(0, source.size), Insert(b"x"))), source, target, replace=True)
    except WriteError as error:
        print(error.code, "|", error.message, "|", error.fix)
"""


def elsewhere(path: Path, target: Path, *user: str, **how: object) -> list[str]:
    """Write from another process; the code, message and fix of its error."""
    run = subprocess.run(
        [sys.executable, "-c", CHANGE, path, target, *user],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
        **how,  # type: ignore[call-overload]
    )
    return str(run.stdout).strip().split(" | ")


@pytest.fixture
def public():
    """A folder that everybody can reach."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_is_write_protected_stays(public, what):
    path = public / "source"
    path.write_bytes(CONTENT)
    path.chmod(0o444)
    public.chmod(0o555 if what == "folder" else 0o777)
    nobody = ["65534"] if os.geteuid() == 0 else []
    code, message, fix = elsewhere(path, path if what == "file" else public / "new", *nobody)
    public.chmod(0o755)
    assert code == "no-permission"
    assert str(public) in message
    assert "allow writing" in fix
    assert path.read_bytes() == CONTENT
    assert names(public) == {"source"}


def test_a_limit_on_file_sizes_is_told(file, tmp_path):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT), len(CONTENT)))

    code, message, _ = elsewhere(file, tmp_path / "new", preexec_fn=limit)
    assert code == "too-large"
    assert "new" in message
    assert names(tmp_path) == {"source.bin"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_leaves_everything_as_it_was(file, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        target = small / "target"
        change(file, target)
        error = failing("disk-full", file, target, replace=True)
        assert error.fix == f"free {PATCH.size:,} bytes in {small} and run again"
        assert target.read_bytes() == NEW
    finally:
        subprocess.run(["umount", str(small)], check=True)


# ----------------------------------------------------------------- others beside us


def test_leftovers_of_the_dead_are_swept_and_nothing_else(file, tmp_path):
    dead = tmp_path / temporary._own_name("a.jpg")
    dead.write_bytes(b"half")
    protected = tmp_path / temporary._own_name("b.jpg")
    protected.touch(0o400)
    others = {".hidden", "x.mediaoptout-tmp", ".x.12-abc.mediaoptout-tmp", "a.jpg"}
    for name in others:
        (tmp_path / name).touch()
    folder, link = tmp_path / temporary._own_name("folder"), tmp_path / temporary._own_name("link")
    folder.mkdir()
    link.symlink_to("a.jpg")
    others |= {folder.name, link.name, "source.bin"}
    alive = tmp_path / temporary._own_name("c.jpg")
    fd = files.create(alive)
    assert files.lock(fd)
    change(file, tmp_path / "target")
    assert names(tmp_path) == others | {alive.name, "target"}
    files.close(fd)
    assert sweep(tmp_path) == 1
    assert names(tmp_path) == others | {"target"}
    assert sweep(tmp_path / "missing") == 0


def test_a_sweep_leaves_our_own_work_alone(file, tmp_path):
    change(file, tmp_path / "target", before_replace=lambda path: assert_swept(path.parent, 0))
    assert (tmp_path / "target").read_bytes() == NEW


def assert_swept(folder: Path, count: int) -> None:
    assert sweep(folder) == count


def test_a_sweep_between_creating_and_locking_is_survived(file, tmp_path, monkeypatch):
    real, made = files.create, []

    def swept_away(path: Path) -> int:
        fd = real(path)
        made.append(path)
        if len(made) == 1:
            assert sweep(path.parent) == 1
        return fd

    monkeypatch.setattr(files, "create", swept_away)
    change(file, tmp_path / "target")
    assert len(made) == 2
    assert names(tmp_path) == {"source.bin", "target"}


def test_names_that_are_taken_are_passed_over(file, tmp_path, monkeypatch):
    own = iter(["taken", "taken", "free", *["taken"] * 99])
    (tmp_path / "taken").touch()
    monkeypatch.setattr(temporary, "_own_name", lambda name: next(own))
    change(file, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == NEW
    with pytest.raises(WriteError):
        change(file, tmp_path / "second")


def race(content: int, folder: str, replace: bool, results: multiprocessing.Queue[str]) -> None:
    for turn in range(20):
        target = Path(folder) / (f"target{turn}" if not replace else "target")
        patch = Patch((Insert(bytes([content]) * STEP), Copy(0, 9)))
        try:
            change(Path(folder) / "source.bin", target, patch, replace=replace, sync=False)
            results.put("written")
        except WriteError as error:
            results.put(error.code)


@pytest.mark.parametrize("replace", [True, False])
def test_writers_to_one_target_do_not_mix(file, tmp_path, replace):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    racers = [
        context.Process(target=race, args=(content, str(tmp_path), replace, results))
        for content in range(3)
    ]
    for racer in racers:
        racer.start()
    told = [results.get(timeout=60) for _ in range(60)]
    for racer in racers:
        racer.join()
    targets = [path for path in tmp_path.iterdir() if path != file]
    assert len(targets) == (1 if replace else 20)
    assert told.count("written") == (60 if replace else 20)
    assert told.count("output-exists") == (0 if replace else 40)
    for target in targets:
        assert target.read_bytes() in [bytes([c]) * STEP + CONTENT[:9] for c in range(3)]


def test_windows_is_given_time_to_let_go(monkeypatch):
    tries: list[int] = []
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)

    def held(times: int) -> None:
        tries.append(times)
        if len(tries) <= times:
            error = PermissionError(errno.EACCES, "held")
            error.winerror = 32  # type: ignore[attr-defined]
            raise error

    files.patiently(lambda: held(3))
    assert len(tries) == 4
    assert pauses == [0.01, 0.02, 0.04]
    with pytest.raises(PermissionError):
        files.patiently(lambda: held(1000))
    assert 2.5 < sum(pauses[3:]) < 2.6

    def forbidden() -> None:
        raise PermissionError(errno.EACCES, "not a sharing violation")

    pauses.clear()
    with pytest.raises(PermissionError):
        files.patiently(forbidden)
    assert not pauses


# ---------------------------------------------------------------- comparing


def test_an_output_is_the_same_only_if_every_byte_is(file, tmp_path):
    target = tmp_path / "target"
    with FileSource(file) as source:
        assert not same_bytes(PATCH, source, target)
        assert not same_bytes(PATCH, source, tmp_path)
        assert not same_bytes(PATCH, source, file / "below")
        target.write_bytes(NEW)
        assert same_bytes(PATCH, source, target)
        target.write_bytes(NEW + b"x")
        assert not same_bytes(PATCH, source, target)
        target.write_bytes(NEW[:-1] + b"x")
        assert not same_bytes(PATCH, source, target)
