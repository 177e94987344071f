"""Pictures inside of other files are marked where that is asked for, and stay pictures."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from mediaoptout.carriers.id3.header import to_synchsafe, unsynchronised
from mediaoptout.containers import pictures
from mediaoptout.containers.base import Change, Wanted
from mediaoptout.containers.flac_pictures import picture
from mediaoptout.containers.proof import proven
from mediaoptout.containers.registry import detect
from mediaoptout.embedding import EmbedOptions, embed, strip
from mediaoptout.embedding.stripping import removal
from mediaoptout.errors import RefusedError
from mediaoptout.reservation.delivery import chosen
from mediaoptout.reservation.profiles import delivery
from mediaoptout.splice.patch import PatchedSource, Span
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import BEFORE, Bag, Property
from mediaoptout.words import Status
from tests.cli.calling import call
from tests.conftest import SAMPLES
from tests.containers.harness import RESERVED, content, fake_store, wanted
from tests.witnesses import exiftool, lost, streamhash

MARKING = replace(wanted(), mark_pictures=True)
SHOWN = RESERVED.rpartition("/")[2]
"""The value as ExifTool shows it."""
ALLOWED = "http://ns.useplus.org/ldf/vocab/DMI-ALLOWED"


@cache
def drawn(form: str, size: int = 40) -> bytes:
    """A picture with a few colours."""
    from PIL import Image

    image = Image.new("RGB", (size, size))
    image.putdata(
        [(x * 5 % 256, y * 7 % 256, x * y % 256) for y in range(size) for x in range(size)]
    )
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def pixels(data: bytes) -> bytes:
    from PIL import Image

    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


def mining(data: bytes, folder: Path) -> object:
    """What ExifTool reads of mining in a picture."""
    path = folder / "picture"
    path.write_bytes(data)
    tags = exiftool(path)
    if tags is None:
        pytest.skip("no ExifTool here")
    return tags.get("XMP-plus:DataMining")


def change(data: bytes, told: Wanted = MARKING) -> tuple[bytes, Change]:
    source = BytesSource(data)
    container = detect(source)
    assert container is not None
    layout = container.read(source)
    answer = container.change(source, layout, told)
    new = PatchedSource(source, answer.patch)
    proof = proven(container, source, layout, container.read(new), answer.patch)
    assert proof.holds, proof.reasons
    return content(new), answer


# --- what carries pictures ---------------------------------------------------------------------


def apic(data: bytes, *, encoding: int = 0, mime: bytes = b"image/jpeg") -> bytes:
    description = "cover é".encode("utf-16") + b"\0\0" if encoding == 1 else b"cover\0"
    return bytes((encoding,)) + mime + b"\0\3" + description + data


def frame(version: int, name: bytes, body: bytes, flags: int = 0) -> bytes:
    size = to_synchsafe(len(body)) if version == 4 else len(body).to_bytes(4, "big")
    return name + size + flags.to_bytes(2, "big") + body


def tagged(version: int, *frames: bytes, flags: int = 0, room: int = 100) -> bytes:
    """An MP3 whose tag has these frames."""
    title = frame(version, b"TIT2", b"\0A title")
    body = title + b"".join(frames) + bytes(room)
    audio = (SAMPLES / "mp3/no-tag.mp3").read_bytes()
    return b"ID3" + bytes((version, 0, flags)) + to_synchsafe(len(body)) + body + audio


def v22(form: str) -> bytes:
    body = b"\0" + (b"JPG" if form == "JPEG" else b"PNG") + b"\3cover\0" + drawn(form)
    tag = b"TT2" + (8).to_bytes(3, "big") + b"\0A title"
    tag += b"PIC" + len(body).to_bytes(3, "big") + body
    audio = (SAMPLES / "mp3/no-tag.mp3").read_bytes()
    return b"ID3\2\0\0" + to_synchsafe(len(tag)) + tag + audio


def v23(form: str) -> bytes:
    return tagged(3, frame(3, b"APIC", apic(drawn(form), encoding=1), 0x4000))


def v23_unsynchronised(form: str) -> bytes:
    body = unsynchronised(
        frame(3, b"TIT2", b"\0A title") + frame(3, b"APIC", apic(drawn(form) + b"\xff\xd9\xff"))
    )
    audio = (SAMPLES / "mp3/no-tag.mp3").read_bytes()
    return b"ID3\3\0\x80" + to_synchsafe(len(body)) + body + audio


def v24(form: str) -> bytes:
    return tagged(4, frame(4, b"APIC", apic(drawn(form))))


def v24_unsynchronised(form: str) -> bytes:
    body = apic(drawn(form))
    body = to_synchsafe(len(body)) + unsynchronised(body)
    return tagged(4, frame(4, b"APIC", body, 0x0003), flags=0x80)


def v24_with_length(form: str) -> bytes:
    body = apic(drawn(form))
    return tagged(4, frame(4, b"APIC", to_synchsafe(len(body)) + body, 0x0001))


def through_mutagen(sample: str, add: Callable[[str, io.BytesIO], None], form: str) -> bytes:
    stream = io.BytesIO((SAMPLES / sample).read_bytes())
    add(form, stream)
    return stream.getvalue()


def flac(form: str) -> bytes:
    def add(form: str, stream: io.BytesIO) -> None:
        from mutagen.flac import FLAC, Picture

        file = FLAC(stream)
        file.clear_pictures()
        for description in ("front", "rückwärts"):
            item = Picture()
            item.data, item.mime, item.desc = drawn(form), f"image/{form.lower()}", description
            file.add_picture(item)
        stream.seek(0)
        file.save(stream, padding=lambda _: 300)

    return through_mutagen("flac/plain.flac", add, form)


def m4a(form: str) -> bytes:
    def add(form: str, stream: io.BytesIO) -> None:
        from mutagen.mp4 import MP4, MP4Cover

        file = MP4(stream)
        kind = MP4Cover.FORMAT_JPEG if form == "JPEG" else MP4Cover.FORMAT_PNG
        file["covr"] = [MP4Cover(drawn(form), kind), MP4Cover(drawn(form, 24), kind)]
        stream.seek(0)
        file.save(stream)

    return through_mutagen("mp4/audio-tags-cover.m4a", add, form)


def ogg(sample: str) -> Callable[[str], bytes]:
    def build(form: str) -> bytes:
        def add(form: str, stream: io.BytesIO) -> None:
            import mutagen
            from mutagen.flac import Picture

            file = mutagen.File(stream)
            item = Picture()
            item.data, item.mime, item.desc = drawn(form), f"image/{form.lower()}", "front"
            text = base64.b64encode(item.write()).decode("ascii")
            file["metadata_block_picture"] = [text, "no base64", text]
            stream.seek(0)
            file.save(stream)

        return through_mutagen(sample, add, form)

    return build


def in_chunk(sample: str) -> Callable[[str], bytes]:
    def build(form: str) -> bytes:
        def add(form: str, stream: io.BytesIO) -> None:
            import mutagen
            from mutagen.id3 import APIC

            file = mutagen.File(stream)
            if file.tags is None:
                file.add_tags()
            mime = f"image/{form.lower()}"
            file.tags.add(APIC(encoding=3, mime=mime, type=3, desc="c", data=drawn(form)))
            stream.seek(0)
            file.save(stream)

        return through_mutagen(sample, add, form)

    return build


BUILDERS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "v2.2": (".mp3", v22),
    "v2.3": (".mp3", v23),
    "v2.3-unsynchronised": (".mp3", v23_unsynchronised),
    "v2.4": (".mp3", v24),
    "v2.4-unsynchronised": (".mp3", v24_unsynchronised),
    "v2.4-with-length": (".mp3", v24_with_length),
    "wav": (".wav", in_chunk("wav/pcm16.wav")),
    "aiff": (".aiff", in_chunk("aiff/pcm16.aiff")),
    "dsf": (".dsf", in_chunk("dsf/id3.dsf")),
    "flac": (".flac", flac),
    "m4a": (".m4a", m4a),
    "vorbis": (".ogg", ogg("ogg/vorbis-cover.ogg")),
    "opus": (".opus", ogg("ogg/opus.opus")),
}


def covers(data: bytes) -> list[bytes]:
    """The pictures in a file, as mutagen finds them."""
    import mutagen
    from mutagen.flac import Picture

    file = mutagen.File(io.BytesIO(data))
    assert file is not None
    if "metadata_block_picture" in file:
        first, middle, last = file["metadata_block_picture"]
        assert middle == "no base64"
        return [Picture(base64.b64decode(text)).data for text in (first, last)]
    if hasattr(file, "pictures"):
        return [item.data for item in file.pictures]
    if "covr" in file:
        return [bytes(item) for item in file["covr"]]
    return [item.data for item in file.tags.getall("APIC")]


@dataclass(frozen=True)
class Built:
    suffix: str
    data: bytes


@pytest.fixture(
    params=[(name, form) for name in BUILDERS for form in ("JPEG", "PNG")], ids="-".join
)
def built(request) -> Built:
    name, form = request.param
    suffix, build = BUILDERS[name]
    return Built(suffix, build(form))


# --- the tests -----------------------------------------------------------------------------------


def test_pictures_are_marked_and_stay_what_they_are(built, tmp_path):
    before = covers(built.data)
    new, answer = change(built.data)
    after = covers(new)
    assert before
    assert len(after) == len(before)
    for old, marked in zip(before, after, strict=True):
        assert marked != old
        assert pixels(marked) == pixels(old)
        assert mining(marked, tmp_path) == SHOWN
        assert mining(old, tmp_path) is None
    assert not [text for text in answer.warnings if "picture" in text]
    again, second = change(new)
    assert again == new
    assert second.patch.changes_nothing(len(new))


def test_other_tags_and_the_sound_are_those_of_a_run_without_it(built, tmp_path):
    paths = [tmp_path / f"{name}{built.suffix}" for name in ("old", "plain", "marked")]
    versions = (built.data, change(built.data, wanted())[0], change(built.data)[0])
    for path, data in zip(paths, versions, strict=True):
        path.write_bytes(data)
    old, plain, marked = (exiftool(path) for path in paths)
    if old is None or plain is None or marked is None:
        pytest.skip("no ExifTool here")
    length = ("Picture", "CoverArt")
    gone = [tag for tag in lost(plain, marked) if not any(name in tag for name in length)]
    assert not [tag for tag in gone if "Length" not in tag and "Padding" not in tag]
    assert covers(versions[1]) == covers(versions[0])
    audio = [
        [line for line in streamhash(path) or () if ",a," in line or "audio" in line]
        for path in paths
    ]
    assert audio[0] == audio[1] == audio[2] != []


def test_what_was_marked_is_taken_out_again(built, tmp_path):
    path, marked, bare = (tmp_path / f"{name}{built.suffix}" for name in ("a", "b", "c"))
    path.write_bytes(built.data)
    options = EmbedOptions(sign=False, mark_pictures=True)
    assert embed(path, marked, options=options).status is Status.WRITTEN
    assert covers(marked.read_bytes()) != covers(built.data)
    assert embed(marked, options=options).status is Status.UNCHANGED
    assert strip(marked, bare, options=EmbedOptions(sign=False)).status is Status.WRITTEN
    assert covers(bare.read_bytes()) == covers(built.data)


def test_an_upgraded_tag_is_marked_at_once(tmp_path):
    new, _ = change(v22("JPEG"), replace(MARKING, upgrade_id3=True))
    assert new[3] == 3
    assert mining(covers(new)[0], tmp_path) == SHOWN
    assert change(new, replace(MARKING, upgrade_id3=True))[0] == new


def test_flags_of_the_frame_stay():
    new, _ = change(v23("JPEG"))
    at = new.index(b"APIC")
    assert new[at + 8 : at + 10] == b"\x40\0"


def coded(version: int) -> bytes:
    """A tag with a picture that is compressed, and one that is grouped."""
    body = apic(drawn("JPEG"))
    packed, size = zlib.compress(body), len(body)
    if version == 3:
        return tagged(
            3,
            frame(3, b"APIC", size.to_bytes(4, "big") + packed, 0x80),
            frame(3, b"APIC", b"\x81" + body, 0x20),
        )
    return tagged(
        4,
        frame(4, b"APIC", to_synchsafe(size) + packed, 0x09),
        frame(4, b"APIC", b"\x81" + body, 0x40),
    )


def cut_png() -> bytes:
    return drawn("PNG")[:-12]


def with_manifest() -> bytes:
    from mediaoptout.containers.png_chunks import render

    png = drawn("PNG")
    return png[:33] + render(b"caBX", fake_store(400)) + png[33:]


def saying(value: str) -> bytes:
    told = Wanted(properties=(Property("plus:DataMining", value),))
    return change(drawn("JPEG"), told)[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GIF89a" + bytes(40), "neither JPEG nor PNG"),
        (b"", "neither JPEG nor PNG"),
        (drawn("JPEG")[:300], ""),
        (cut_png(), "before the end of the picture"),
        (with_manifest(), "manifest"),
        (saying(ALLOWED), "DMI-ALLOWED"),
    ],
)
def test_a_picture_that_cannot_be_marked_stays(data, reason):
    file = tagged(3, frame(3, b"APIC", apic(data)), frame(3, b"APIC", apic(drawn("PNG"))))
    new, answer = change(file)
    first, second = covers(new)
    assert first == data
    assert second != drawn("PNG")
    warning = next(text for text in answer.warnings if "picture" in text)
    assert reason in warning


def test_force_overrules_what_a_picture_says(tmp_path):
    file = tagged(3, frame(3, b"APIC", apic(saying(ALLOWED))))
    assert mining(covers(change(file, replace(MARKING, force=True))[0])[0], tmp_path) == SHOWN


@pytest.mark.parametrize(
    "file",
    [
        coded(3),
        coded(4),
        tagged(3, frame(3, b"APIC", b"\0-->\0\3\0https://example.org/cover.jpg")),
        tagged(3, frame(3, b"APIC", b"")),
        tagged(3, frame(3, b"APIC", b"\0image/jpeg")),
        tagged(3, frame(3, b"APIC", b"\1image/jpeg\0\3\xff\xfea\0\0")),
    ],
)
def test_frames_that_hold_no_plain_picture_stay(file):
    assert change(file)[0] == change(file, wanted())[0]


def test_what_is_said_of_the_recording_is_not_said_of_the_picture():
    said = (
        Property("dc:identifier", "urn:isrc:FRZ030000001"),
        Property("xmp:Identifier", Bag(("urn:isrc:FRZ030000001",))),
        Property("id:isrc", "FRZ030000001"),
        Property(BEFORE, Bag(("had id3 dc:rights",))),
    )
    told = (*wanted().properties, *said)
    source = BytesSource(drawn("JPEG"))
    patch = pictures.marked(source, told, force=False)
    assert patch is not None
    data = content(PatchedSource(source, patch))
    assert b"FRZ030000001" not in data
    assert b"had id3" not in data
    assert b"DMI-PROHIBITED" in data


def test_a_picture_that_has_no_room_stays():
    told = pictures.Marker(MARKING, len(drawn("PNG")) + 10)
    with pytest.raises(RefusedError, match="no room"):
        told(BytesSource(drawn("PNG")))


def test_a_picture_that_is_too_large_is_not_read():
    class Large:
        size = pictures.MAX_PICTURE + 1

        def read(self, start: int, end: int) -> bytes:
            raise AssertionError((start, end))

    with pytest.raises(RefusedError, match="16 MiB"):
        pictures.marked(Large(), MARKING.properties, force=False)


def test_a_picture_that_is_not_ours_is_not_stripped():
    theirs = saying(RESERVED).replace(b"mediaoptout:Wrote", b"mediaoptout:Other")
    file = tagged(3, frame(3, b"APIC", apic(theirs)))
    told = Wanted(properties=removal().properties, padding=0, mark_pictures=True)
    new, answer = change(file, told)
    assert covers(new) == [theirs]
    assert not answer.warnings


@pytest.mark.parametrize("cut", range(0, 90, 3))
def test_a_block_of_flac_that_is_not_sound_has_no_picture(cut):
    parts = (b"image/png", b"front", drawn("PNG"))
    sizes = [len(part).to_bytes(4, "big") for part in parts]
    block = bytes(4) + sizes[0] + parts[0] + sizes[1] + parts[1] + bytes(16) + sizes[2] + parts[2]
    assert picture(BytesSource(block), Span(0, len(block))) == Span(
        len(block) - len(parts[2]), len(block)
    )
    short = block[:cut]
    assert picture(BytesSource(short), Span(0, len(short))) is None


def test_from_the_command_line(tmp_path):
    path, out = tmp_path / "a.mp3", tmp_path / "b.mp3"
    path.write_bytes(v24("JPEG"))
    assert call("embed", path, "-o", out, "--no-sign").code == 0
    assert covers(out.read_bytes()) == covers(path.read_bytes())
    assert call("embed", out, "--in-place", "--no-sign", "--mark-pictures").code == 0
    assert "DMI-PROHIBITED" in covers(out.read_bytes())[0].decode("latin-1")


def test_a_recipient_that_takes_no_xmp_gets_none_in_pictures(tmp_path):
    path, out = tmp_path / "a.mp3", tmp_path / "b.mp3"
    path.write_bytes(v24("JPEG"))
    options = EmbedOptions(
        sign=False, mark_pictures=True, delivery=chosen("-xmp", delivery("eu-tdm"))
    )
    assert embed(path, out, options=options).status is Status.WRITTEN
    assert covers(out.read_bytes()) == covers(path.read_bytes())


def test_a_signed_file_has_marked_pictures_and_is_stable(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))
    path, out = tmp_path / "a.m4a", tmp_path / "b.m4a"
    path.write_bytes(m4a("JPEG"))
    options = EmbedOptions(mark_pictures=True)
    record = embed(path, out, options=options)
    assert record.status is Status.WRITTEN
    assert "c2pa" in record.carriers
    assert mining(covers(out.read_bytes())[0], tmp_path) == SHOWN
    assert embed(out, options=options).status is Status.UNCHANGED
