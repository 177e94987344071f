"""AIFF and AIFF-C (Apple, *Audio Interchange File Format* 1.3, 1989, and the draft of 1991).

The notice in ``(c) ``, the terms in ``ANNO``, an ID3v2 tag in ``ID3 ``, XMP in an ``APPL`` chunk
of the signature ``XMP `` (XMP Specification Part 3). The essence is what ``SSND`` holds; new
chunks go behind it, so that it does not move. Markers and loops count samples, not bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from mediaoptout.carriers import id3, iff_text, xmp
from mediaoptout.carriers.iff_text import Text
from mediaoptout.containers import iff, pictures
from mediaoptout.containers.base import Block, Capability, Change, Container, Layout, Wanted
from mediaoptout.containers.blocks import DAMAGED, agreed, grounded, parsed, refuse_damaged
from mediaoptout.containers.chunks import Chunk, Shape, framed, replaced
from mediaoptout.containers.iff import TagChunk
from mediaoptout.containers.riff_forms import Form, FormPlan, chunk_length, read_form
from mediaoptout.errors import ErrorInfo
from mediaoptout.splice.linker import Edit, Links
from mediaoptout.splice.patch import Copy, Insert, Piece, Span
from mediaoptout.splice.source import Source
from mediaoptout.vocabularies.properties import Entry, Property, as_text
from mediaoptout.vocabularies.prose import is_ours
from mediaoptout.words import Carrier

FORM: Final = b"FORM"
FORMS: Final = frozenset({b"AIFF", b"AIFC"})
SHAPE: Final = Shape("big", 4)
SOUND: Final = frozenset({b"SSND"})
APPLICATION: Final = b"APPL"
SIGNATURE: Final = b"XMP "
"""What the payload of an ``APPL`` chunk with a packet begins with."""

MAX_PACKET: Final = 48 << 20
"""The largest chunk that is parsed for statements."""

_DESCRIBING: Final = frozenset({b"COMM", b"FVER"})
_BEFORE_SAMPLES: Final = 8
"""The bytes of ``SSND`` before the samples: an offset and a block size."""


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A text chunk, and what it says; None for the text where it is too long to be read."""

    chunk: Chunk
    text: Text | None
    block: Block | None


@dataclass(frozen=True, slots=True)
class PacketChunk:
    """A chunk that holds an XMP packet."""

    chunk: Chunk
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class AiffLayout(Layout):
    """An AIFF as read.

    Args:
        form: its chunks.
        texts: those that are texts.
        tags: those that hold ID3v2 tags.
        packets: those that hold XMP.
    """

    form: Form
    texts: tuple[TextChunk, ...]
    tags: tuple[TagChunk, ...]
    packets: tuple[PacketChunk, ...]


class Aiff(Container):
    """AIFF and AIFF-C; see the module."""

    name: ClassVar = "aiff"
    title: ClassVar = "AIFF and AIFF-C (Apple, 1.3)"
    media_types: ClassVar = ("audio/aiff", "audio/x-aiff", "audio/x-aifc")
    extensions: ClassVar = (".aiff", ".aif", ".aifc", ".afc")
    digest = "md5"
    carries: ClassVar = {
        Carrier.IFF_TEXT: Capability(
            write=True,
            place="(c) and ANNO chunks",
            note="not where that would hide what an ID3 tag or another annotation says",
            expected=False,
        ),
        Carrier.ID3: Capability(write=True, place="ID3 chunk"),
        Carrier.XMP: Capability(write=True, place="APPL chunk, signature XMP"),
    }

    def recognises(self, source: Source, head: bytes) -> bool:
        """Whether it is a ``FORM`` of the type ``AIFF`` or ``AIFC``; see `Container.recognises`."""
        return head[:4] == FORM and head[8:12] in FORMS

    def read(self, source: Source) -> AiffLayout:
        """See `Container.read`."""
        kind = source.read(8, 12)
        form = read_form(source, 0, kind if kind in FORMS else b"AIFF", magic=FORM, shape=SHAPE)
        texts = iff.limited(_texts(source, form, kind.decode("latin-1")))
        tags = iff.limited(iff.tag_chunks(source, form))
        packets = iff.limited(_packets(source, form))
        sound = iff.read_sound(source, form.chunks, form.cut, SOUND, _BEFORE_SAMPLES)
        places, obstacle = iff.references(tags, sound.spans)
        carried: list[TextChunk | PacketChunk] = [*texts, *packets]
        ours = {item.chunk for item in carried if not _of_others(item)}
        ours |= {chunk for chunk in form.chunks if chunk.name in SOUND}
        blocks = [item.block for item in carried if item.block is not None]
        blocks += [block for item in tags for block in item.blocks]
        chunks = [item.chunk for item in carried] + [item.chunk for item in tags]
        warnings = (form.warning,) if form.warning else ()
        return AiffLayout(
            size=source.size,
            essence=sound.spans,
            framing=(kind, sound.heads, iff.described(source, form.chunks, _DESCRIBING)),
            links=Links(
                references=places,
                lengths=(form.length, *map(chunk_length, chunks)),
            ),
            blocks=tuple(sorted(blocks, key=lambda block: block.span)),
            foreign=tuple(iff.foreign(form, source.size, tags, ours)),
            obstacle=iff.obstacle(source, form, SOUND) or obstacle,
            warnings=warnings,
            form=form,
            texts=texts,
            tags=tags,
            packets=packets,
        )

    def change(self, source: Source, layout: Layout, wanted: Wanted) -> Change:
        """See `Container.change`."""
        if not isinstance(layout, AiffLayout):
            raise TypeError(f"a {type(layout).__name__} is no layout of an AIFF")
        if layout.obstacle is not None:
            raise layout.obstacle
        packets = tuple(item.block for item in layout.packets)
        refuse_damaged((*packets, *(layout.tags[0].blocks if layout.tags else ())))
        properties, warnings = agreed(wanted.properties, _read_only(layout), force=wanted.force)
        wanted = replace(wanted, properties=properties)
        plan = FormPlan(layout.form)
        carriers: list[Carrier] = []
        told = _tell_tag(layout, wanted, plan)
        merged = _tell_packet(source, layout, wanted, plan)
        texts = _tell_texts(layout, wanted, plan)
        for carrier, (said, more) in zip(self.carries, (texts, told, merged), strict=True):
            warnings += more
            if said:
                carriers.append(carrier)
        plan.append()
        patch = plan.patch(
            source.size, layout.links, "write the reservation into a sidecar instead"
        )
        return Change(
            patch=grounded(patch, source, layout.essence),
            carriers=tuple(carriers),
            warnings=tuple(dict.fromkeys(warnings)),
        )


def _texts(source: Source, form: Form, kind: str) -> Iterator[TextChunk]:
    for chunk in form.chunks:
        if chunk.name not in iff_text.TEXTS:
            continue
        if chunk.payload.size > iff_text.MAX_TEXT:
            yield TextChunk(chunk, None, None)
            continue
        text = Text(chunk.name, source.read(*chunk.payload))
        location = f"{kind}/{chunk.label}"
        entries = iff_text.parse(text, location)
        span = Span(chunk.start, chunk.end)
        block = Block(Carrier.IFF_TEXT, location, span, entries) if entries else None
        yield TextChunk(chunk, text, block)


def _packets(source: Source, form: Form) -> Iterator[PacketChunk]:
    for chunk in form.chunks:
        start, end = chunk.payload
        if chunk.name != APPLICATION or source.read(start, min(start + 4, end)) != SIGNATURE:
            continue
        span, location = Span(chunk.start, chunk.end), "APPL:XMP"
        if chunk.payload.size > MAX_PACKET:
            error = ErrorInfo(DAMAGED, f"it is longer than {MAX_PACKET} bytes")
            yield PacketChunk(chunk, Block(Carrier.XMP, location, span, error=error))
        else:
            data = source.read(start + 4, end)
            yield PacketChunk(chunk, parsed(Carrier.XMP, location, span, xmp.parse, data))


def _of_others(item: TextChunk | PacketChunk) -> bool:
    """Whether it is a text that is not ours to change."""
    if isinstance(item, PacketChunk):
        return False
    return item.text is None or not is_ours(item.text.value)


def _read_only(layout: AiffLayout) -> Iterator[Entry]:
    """What the blocks say that we leave as they are."""
    for item in layout.packets[1:]:
        yield from item.block.entries
    for index, tag in enumerate(layout.tags):
        for block in tag.blocks:
            if index or block.carrier is Carrier.XMP:
                yield from block.entries


_Told = tuple[bool, tuple[str, ...]]
"""Whether a carrier holds what is wanted, and warnings."""


def _tell_tag(layout: AiffLayout, wanted: Wanted, plan: FormPlan) -> _Told:
    telling = id3.Telling(
        wanted.told(Carrier.ID3),
        force=wanted.force,
        padding=wanted.padding,
        upgrade=wanted.upgrade_id3,
        packet=False,
        elsewhere=_notice_of_others(layout, wanted.properties),
        retouch=pictures.marker(wanted) if wanted.told(Carrier.ID3) else None,
    )
    merged = iff.tell_tag(plan, layout.tags, telling, SHAPE)
    return (bool(merged.said), merged.warnings) if merged else (False, ())


def _tell_packet(source: Source, layout: AiffLayout, wanted: Wanted, plan: FormPlan) -> _Told:
    chunk = layout.packets[0].chunk if layout.packets else None
    properties = wanted.told(Carrier.XMP)
    at = chunk.payload.start + len(SIGNATURE) if chunk else 0
    data = source.read(at, chunk.end) if chunk else None
    merged = xmp.merge(data, properties, force=wanted.force, padding=wanted.padding)
    if chunk is None and not merged.said:
        return False, ()
    if chunk is None:
        plan.appended += framed(APPLICATION, (Insert(SIGNATURE), *merged.pieces), SHAPE)
    elif data and not merged.size:
        plan.drop(chunk)
    elif not merged.unchanged(len(data or b"")):
        pieces: tuple[Piece, ...] = (Copy(at - len(SIGNATURE), at), *merged.placed(at))
        _replace(plan, chunk, pieces)
    return bool(merged.said), merged.warnings


def _tell_texts(layout: AiffLayout, wanted: Wanted, plan: FormPlan) -> _Told:
    items = [item for item in layout.texts if item.text is not None]
    merged = iff_text.merge(
        [item.text for item in items if item.text is not None],
        wanted.told(Carrier.IFF_TEXT),
        force=wanted.force,
        hiding=_hidden(layout, wanted.properties),
    )
    for index, data in merged.changed.items():
        if data is None:
            plan.drop(items[index].chunk)
        else:
            _replace(plan, items[index].chunk, (Insert(data),))
    for text in merged.added:
        plan.appended += framed(text.name, (Insert(text.data),), SHAPE)
    return bool(merged.said), merged.warnings


def _notice_of_others(layout: AiffLayout, properties: tuple[Property, ...]) -> frozenset[str]:
    """The notice, where somebody's ``(c) `` states one: players would show the tag's instead."""
    if any(item.replaces for item in properties):
        return frozenset()
    ours = {as_text(item.value) for item in properties if item.name == "dc:rights"}
    entries = (entry for item in layout.texts if item.block for entry in item.block.entries)
    others = (
        entry.name
        for entry in entries
        if entry.name == "dc:rights" and not is_ours(entry.value) and entry.value not in ours
    )
    return frozenset(others)


def _replace(plan: FormPlan, chunk: Chunk, pieces: tuple[Piece, ...]) -> None:
    if sum(piece.size for piece in pieces) == chunk.payload.size:
        plan.edits.append(Edit(*chunk.payload, pieces, inside=chunk.start))
    else:
        plan.settled.add(chunk)
        plan.edits += replaced(chunk, pieces)


def _hidden(layout: AiffLayout, properties: tuple[Property, ...]) -> frozenset[str]:
    """What players would show no more if a text chunk said it too: others' frames, long texts."""
    wanted = {item.name: as_text(item.value) for item in properties}
    found: set[str] = set()
    for item in layout.texts:
        if item.text is None:
            found |= {name for name, key in iff_text.KEYS.items() if key == item.chunk.name}
    for entry in (entry for tag in layout.tags for block in tag.blocks for entry in block.entries):
        if entry.carrier is not Carrier.ID3 or is_ours(entry.value):
            continue
        if entry.label == "TCOP" and as_text(entry.value) != wanted.get("dc:rights"):
            found.add("dc:rights")
        if entry.name == "xmpDM:logComment" and entry.label.count(":") < 2:  # of no description
            found.add("xmpRights:UsageTerms")
    return frozenset(found)


FAMILIES: Final[tuple[Container, ...]] = (Aiff(),)
