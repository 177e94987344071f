from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaoptout.containers import ogg_pages, ogg_streams
from mediaoptout.containers.base import Change
from mediaoptout.containers.ogg import Ogg, OggLayout
from mediaoptout.containers.proof import prove, proven
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.splice.patch import Copy, Insert, Patch, PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import as_text
from tests import witnesses
from tests.containers import ogg_files as build
from tests.containers.harness import ContainerContract, Watched, content, wanted

OGG = Ogg()
OTHERS = (b"TITLE=Song", b"title=\xff not UTF-8", b"no sign", b"METADATA_BLOCK_PICTURE=AAAA")
BLOCK = build.comments(*OTHERS)


class TestOgg(ContainerContract):
    container = OGG
    sample_folders = ("ogg",)
    corpus_folders = ("ogg",)
    minimum = 6
    corpus_minimum = 6

    def test_others_decode_the_same(self, path, written):
        if path.name == "chained.ogg":
            # ffmpeg hands out the second link's headers as if they were sound.
            assert witnesses.decoded(written) == witnesses.decoded(path)
        else:
            super().test_others_decode_the_same(path, written)

    def test_other_readers_find_no_fault(self, path, written):
        before, after = witnesses.oggz_validate(path), witnesses.oggz_validate(written)
        if before is None or after is None:
            pytest.skip("no oggz-validate here")
        assert len(after) <= len(before)

    def test_mutagen_reads_it(self, path, written):
        from mutagen import File

        before, after = File(path), File(written)
        assert after.tags["tdm-reservation"] == ["1"]
        for key in set(before.tags.keys()):
            assert after.tags[key][: len(before.tags[key])] == before.tags[key]

    def variants(self, data):
        source = BytesSource(data)
        starts = [page.start for page in ogg_pages.walk(source)][:9]
        yield from super().variants(data)
        for start in starts:
            for at in (4, 5, 6, 14, 18, 22, 26, 27, 28, 35):
                for value in (0, 1, 2, 0x7F, 0xFF):
                    variant = bytearray(data)
                    variant[min(start + at, len(data) - 1)] = value
                    yield bytes(variant)


def told(file: bytes, **options: object) -> tuple[OggLayout, Change, bytes]:
    """The file with a reservation, proven, read back and said again."""
    source = BytesSource(file)
    layout = OGG.read(source)
    change = OGG.change(source, layout, wanted(**options))  # type: ignore[arg-type]
    patched = PatchedSource(source, change.patch)
    after = OGG.read(patched)
    proof = proven(OGG, source, layout, after, change.patch)
    assert proof.holds, proof.reasons
    again = OGG.change(patched, after, wanted(**options))  # type: ignore[arg-type]
    assert again.patch.changes_nothing(patched.size)
    new = content(patched)
    assert content(PatchedSource(BytesSource(new), change.patch.inverse(source))) == file
    return after, change, new


def same_but_comments(old: bytes, new: bytes) -> None:
    before, after = build.packets(old), build.packets(new)
    assert before.keys() == after.keys()
    for serial, packets in before.items():
        assert len(packets) == len(after[serial])
        for number, (was, now) in enumerate(zip(packets, after[serial], strict=True)):
            assert was == now or number == 1
            assert was[1] == now[1], "a granule position changed"


def values(layout: OggLayout) -> list[set[tuple[str, str]]]:
    return [{(entry.name, as_text(entry.value)) for entry in b.entries} for b in layout.blocks]


# --- checksums -----------------------------------------------------------------------------


@given(st.binary(max_size=4000), st.binary(min_size=1, max_size=60))
def test_the_checksum_is_that_of_rfc_3533(body, lacing):
    page = build.page(7, 9, lacing, body, granule=5)
    header = page[: 27 + len(lacing)]
    assert ogg_pages.checksum(header, body) == int.from_bytes(page[22:26], "little")


numbers = st.integers(0, 0xFFFFFFFF)


@settings(deadline=None)
@given(st.integers(0, 254), st.integers(0, 255), numbers, numbers, st.integers(0, 0xFFFFFFFF))
def test_a_page_gets_another_number_without_its_body(last, segments, old, new, fault):
    lacing = bytes((*[255] * max(0, segments - 1), last)[:segments])
    body = bytes(i * 31 % 256 for i in range(sum(lacing)))
    data = bytearray(build.page(7, old, lacing, body, granule=5))
    wrong = int.from_bytes(data[22:26], "little") ^ fault
    data[22:26] = wrong.to_bytes(4, "little")
    page = ogg_pages.page_at(BytesSource(bytes(data)), 0)
    assert page is not None
    written = ogg_pages.renumbered(page, new)
    fresh = build.page(7, new, lacing, body, granule=5)
    assert written[:4] == fresh[18:22]
    assert int.from_bytes(written[4:], "little") ^ fault == int.from_bytes(fresh[22:26], "little")
    zero = build.page(7, 0, lacing, body, granule=5)
    assert ogg_pages.unnumbered(page) ^ fault == int.from_bytes(zero[22:26], "little")


# --- where things go -----------------------------------------------------------------------


def filled(size: int) -> bytes:
    """A comment block of exactly ``size`` bytes."""
    bare = build.comments(b"", *OTHERS)
    return build.comments(b"A=".ljust(size - len(bare), b"x"), *OTHERS)


def test_comments_of_others_stay_byte_for_byte():
    after, _, new = told(b"".join(build.vorbis(1, BLOCK, build.data(20, 300))))
    packet = build.packets(new)[1][1][0]
    assert packet.startswith(b"\x03vorbis" + struct.pack("<I", 8) + b"A vendor")
    for item in OTHERS:
        assert struct.pack("<I", len(item)) + item in packet
    assert packet.endswith(b"\x01")
    assert ("tdm:reservation", "1") in values(after)[0]


@pytest.mark.parametrize("make", [build.opus, build.vorbis, build.flac, build.speex, build.theora])
def test_pages_keep_their_number_while_there_is_room(make):
    file = b"".join(make(1, BLOCK, build.data(30, 400)))
    _, _, new = told(file)
    same_but_comments(file, new)
    assert len(list(build.parts(new))) == len(list(build.parts(file)))


def test_growth_goes_into_the_pages_behind_if_the_first_one_is_full():
    # The comment's page is full; the setup header ends on the next one, where there is room.
    file = b"".join(build.vorbis(1, filled(255 * 250), build.data(9, 400)))
    before = [len(header) - 27 for _, header, _ in build.parts(file)]
    assert before[1] == 255 and before[2] < 200
    _, change, new = told(file)
    same_but_comments(file, new)
    assert [len(header) - 27 for _, header, _ in build.parts(new)][3:] == before[3:]
    assert len(change.patch.pieces) < 12


@pytest.mark.parametrize("make", [build.opus, build.vorbis, build.flac, build.speex, build.theora])
def test_pages_are_added_where_all_are_full(make):
    head = {build.opus: 8, build.vorbis: 8, build.flac: 4, build.speex: 0, build.theora: 7}[make]
    behind = {build.vorbis: 14, build.theora: 12}.get(make, 0)
    size = 255 * (2 * 255 - behind) - 1 - head
    file = b"".join(make(1, filled(size), build.data(40, 400)))
    assert [len(header) - 27 for _, header, _ in build.parts(file)][1:3] == [255, 255]
    _, change, new = told(file)
    same_but_comments(file, new)
    assert len(list(build.parts(new))) == len(list(build.parts(file))) + 1
    assert change.patch.bytes_inserted < 8000


def full_opus(serial: int = 1) -> list[bytes]:
    return build.opus(serial, filled(255 * 255 - 9), build.data(40, 400))


def test_only_the_stream_that_grew_is_renumbered():
    other = build.speex(2, BLOCK, build.data(40, 200, seed=9))
    file = build.multiplexed(full_opus(), other)
    _, _, new = told(file)
    same_but_comments(file, new)
    kept = [header + body for _, header, body in build.parts(new) if header[14] == 2]
    assert kept[2:] == other[2:]


def test_a_wrong_checksum_stays_as_wrong_as_it_was():
    pages = full_opus()
    wrong = bytearray(pages[7])
    wrong[22] ^= 0x55
    pages[7] = bytes(wrong)
    _, _, new = told(b"".join(pages))
    place = new.index(pages[7][28:])
    fixed = bytearray(new[place - 28 : place + len(pages[7]) - 28])
    assert fixed[18] == 8
    fixed[22] ^= 0x55
    assert len(list(build.parts(bytes(fixed)))) == 1


def test_numbers_begin_anew_where_the_stream_does():
    one = b"".join(full_opus())
    _, _, new = told(one + one)
    assert len(OGG.read(BytesSource(one + one)).blocks) == 2
    half = len(new) // 2
    assert new[:half] == new[half:]
    same_but_comments(one, new[:half])


def test_the_proof_notices_what_a_patch_must_not_change():
    source = BytesSource(b"".join(full_opus()))
    layout = OGG.read(source)
    patch = OGG.change(source, layout, wanted()).patch
    right = content(PatchedSource(source, patch))
    assert not prove(layout, OGG.read(PatchedSource(source, patch)), patch).holds
    assert proven(OGG, source, layout, OGG.read(PatchedSource(source, patch)), patch).holds
    places = [at for at, _, _ in build.parts(right)]
    for at in (places[9] + offset for offset in (5, 6, 14, 18, 22, 27, 40)):
        pieces = (Copy(0, at), Insert(bytes((right[at] ^ 1,))), Copy(at + 1, len(right)))
        spoilt = patch.then(Patch(pieces))
        after = OGG.read(PatchedSource(source, spoilt))
        assert not proven(OGG, source, layout, after, spoilt).holds, at - places[9]


def test_data_on_the_last_page_of_the_headers_stay_there():
    first = build.stream(1, [([build.OPUS_HEAD], 0)], eos=False)
    rest = [([b"OpusTags" + BLOCK, b"sound one", b"sound two"], 1920), *build.data(5, 100)]
    file = first[0] + b"".join(build.stream(1, rest, first=1)).replace(b"OggS\0\2", b"OggS\0\0", 1)
    pages = [header + body for _, header, body in _mended(file)]
    file = b"".join(pages)
    _, _, new = told(file)
    before, after = build.packets(file)[1], build.packets(new)[1]
    assert after[2:] == before[2:]


def _mended(file: bytes) -> list[tuple[int, bytes, bytes]]:
    """The pages with their checksums put right."""
    at, mended = 0, b""
    while at < len(file):
        stop = at + 27 + file[at + 26]
        end = stop + sum(file[at + 27 : stop])
        page = bytearray(file[at:end])
        page[22:26] = bytes(4)
        page[22:26] = build.crc(page).to_bytes(4, "little")
        mended += page
        at = end
    return list(build.parts(mended))


# --- room ----------------------------------------------------------------------------------


def test_opus_gets_room_and_it_is_used():
    _, _, new = told(b"".join(build.opus(1, BLOCK, build.data(9, 99))))
    assert build.packets(new)[1][1][0].endswith(bytes(2048))
    bare = b"".join(build.opus(1, BLOCK, build.data(9, 99), behind=bytes(2048)))
    _, second, again = told(bare)
    assert second.patch.moves_nothing and len(again) == len(bare)


def test_what_must_be_preserved_behind_opus_comments_is():
    kept = b"\x01 binary data that editors should preserve \0\0"
    file = b"".join(build.opus(1, BLOCK, build.data(9, 99), behind=kept))
    _, _, new = told(file)
    assert build.packets(new)[1][1][0].endswith(kept)


def test_zeros_behind_vorbis_comments_are_used_as_room():
    file = b"".join(build.vorbis(1, BLOCK, build.data(9, 99), behind=bytes(1200)))
    _, change, new = told(file)
    assert change.patch.moves_nothing and len(new) == len(file)
    packet = build.packets(new)[1][1][0]
    assert packet.endswith(bytes(400)) and packet.rstrip(b"\0").endswith(b"\x01")


def test_room_is_not_worth_a_page():
    block = filled(255 * 252 - 9)
    file = b"".join(build.opus(1, block, build.data(9, 99)))
    _, _, new = told(file)
    assert len(list(build.parts(new))) == len(list(build.parts(file)))


# --- several streams -----------------------------------------------------------------------


def test_every_link_of_a_chain_is_written():
    links = [b"".join(build.vorbis(n, BLOCK, build.data(4, 200))) for n in range(5)]
    after, _, new = told(b"".join(links))
    assert len(after.blocks) == 5
    assert after.blocks[4].location == "Vorbis comment header 5"
    assert all(("tdm:reservation", "1") in said for said in values(after))
    same_but_comments(b"".join(links), new)


def long_opus(serial: int, count: int = 120) -> bytes:
    body = bytes(range(254)) * 255
    data = build.page(serial, 2, [254] * 255, body, granule=9)
    pages = [*build.opus(serial, BLOCK, [])[:2]]
    for number in range(count):
        page = ogg_pages.page_at(BytesSource(data), 0)
        assert page is not None
        pages.append(data[:18] + ogg_pages.renumbered(page, 2 + number) + data[26:])
    return b"".join(pages)


def test_a_long_file_is_not_read_to_its_end():
    file = long_opus(1)
    assert len(file) > ogg_streams.WALKED
    watched = Watched(BytesSource(file))
    OGG.read(watched)
    assert watched.total < 200_000


def test_a_long_chain_is_found_by_its_end():
    file = long_opus(1) + long_opus(2, count=3)
    layout = OGG.read(BytesSource(file))
    assert len(layout.blocks) == 2
    told(file)


def test_streams_that_are_not_known_are_carried_along():
    kate = build.stream(3, [([b"\x80kate\0\0\0" + bytes(56)], 0), *build.data(9, 50)])
    file = build.multiplexed(build.vorbis(1, BLOCK, build.data(9, 300)), kate)
    after, _, new = told(file)
    assert len(after.blocks) == 1
    assert [header + body for _, header, body in build.parts(new) if header[14] == 3] == kate


def test_a_file_of_unknown_streams_is_refused():
    source = BytesSource(b"".join(build.stream(3, [([b"BBCD\0"], 0), *build.data(3, 50)])))
    layout = OGG.read(source)
    with pytest.raises(RefusedError) as caught:
        OGG.change(source, layout, wanted())
    assert caught.value.code == "no-comment-header"


def test_a_field_with_a_packet_is_only_read():
    packet = (
        b'XMP=<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        b' xmlns:tdm="http://www.w3.org/ns/tdmrep/" tdm:reservation="0"/></rdf:RDF></x:xmpmeta>'
    )
    source = BytesSource(b"".join(build.opus(1, build.comments(packet), build.data(3, 99))))
    layout = OGG.read(source)
    assert ("tdm:reservation", "0") in values(layout)[0]
    with pytest.raises(RefusedError):
        OGG.change(source, layout, wanted())
    change = OGG.change(source, layout, wanted(force=True))
    assert packet in content(PatchedSource(source, change.patch))


# --- Skeleton ------------------------------------------------------------------------------


def skeleton_file(keypoints: int) -> bytes:
    video = build.theora(1, BLOCK, build.data(60, 700))
    return build.with_skeleton(
        [video, build.vorbis(2, BLOCK, build.data(60, 90))], keypoints=keypoints
    )


@pytest.mark.parametrize("keypoints", [1, 9, 60])
def test_the_places_of_a_skeleton_follow(keypoints):
    file = skeleton_file(keypoints)
    old, new = build.packets(file)[0x5CE1], build.packets(told(file)[2])[0x5CE1]
    result = told(file)[2]
    length, content_at = struct.unpack_from("<QQ", new[0][0], 64)
    assert length == len(result) != len(file)
    starts = {at: header[14] for at, header, _ in build.parts(result)}
    assert starts[content_at] == 1
    before, after = build.read_index(old[1][0]), build.read_index(new[1][0])
    assert len(before) == len(after) == keypoints
    for was, now in zip(before, after, strict=True):
        assert file[was + 26 : was + 99] == result[now + 26 : now + 99]


def test_an_index_that_outgrows_its_page_adds_one():
    video = build.theora(1, BLOCK, build.data(12, 600))
    places = [0] * 31_000
    headers: list[build.Group] = []
    while True:
        size = len(build.index(1, places))
        headers = [([build.fishead(0, 0)], 0), ([build.index(1, places)], 0)]
        bones = build.stream(9, [*headers, ([b""], 0)])
        file = bones[0] + video[0] + video[1] + b"".join([*bones[1:], *video[2:]])
        start = next(at for at, header, _ in build.parts(file) if header[14] == 1 and header[6])
        if places == [start] * len(places):
            break
        places = [start] * len(places)
    assert size > 60_000
    _, _, new = told(file)
    moved = build.read_index(build.packets(new)[9][1][0])
    assert set(moved) == {next(at for at, h, _ in build.parts(new) if h[14] == 1 and h[6])}


def test_the_proof_notices_a_place_that_leads_astray():
    source = BytesSource(skeleton_file(9))
    layout = OGG.read(source)
    patch = OGG.change(source, layout, wanted()).patch
    right = content(PatchedSource(source, patch))
    assert prove(layout, OGG.read(PatchedSource(source, patch)), patch).addressed
    for what in (right.index(b"fishead\0") + 72, right.index(b"index\0") + 44):
        pieces = (Copy(0, what), Insert(bytes((right[what] ^ 1,))), Copy(what + 1, len(right)))
        spoilt = patch.then(Patch(pieces))
        after = OGG.read(PatchedSource(source, spoilt))
        assert not proven(OGG, source, layout, after, spoilt).holds


def test_an_index_counts_its_own_group():
    file = skeleton_file(9) + b"".join(build.speex(77, BLOCK, build.data(2, 50)))
    assert len(OGG.read(BytesSource(file)).skeletons) == 1
    _, _, new = told(file)
    (length,) = struct.unpack_from("<Q", build.packets(new)[0x5CE1][0][0], 64)
    assert length == next(at for at, header, _ in build.parts(new) if header[14] == 77)


def test_a_stale_index_stays_as_it_is():
    longer = skeleton_file(9) + build.page(1, 62, [9], b"more data", granule=10**6)
    assert OGG.read(BytesSource(longer)).skeletons == ()
    assert build.packets(longer)[0x5CE1] == build.packets(told(longer)[2])[0x5CE1]


def test_an_index_of_an_unknown_version_is_refused():
    head = build.fishead(0, 0)[:8] + b"\x03\0\x03\0" + bytes(52)
    bones = build.stream(9, [([head], 0), ([build.index(1, [500])], 0), ([b""], 0)])
    video = build.theora(1, BLOCK, build.data(12, 600))
    file = bones[0] + video[0] + video[1] + b"".join([*bones[1:], *video[2:]])
    assert OGG.read(BytesSource(file)).obstacle is not None


def small_skeleton(head: bytes, make_index: Callable[[int], bytes] | None) -> bytes:
    """A Skeleton of that first packet before a film, with an index of its first page of data."""
    video = build.theora(1, BLOCK, build.data(12, 600))
    place = 0
    while True:
        indexes: list[build.Group] = [([make_index(place)], 0)] if make_index else []
        bones = build.stream(9, [([head], 0), *indexes, ([b""], 0)])
        start = b"".join((bones[0], *video[:2], *bones[1:]))
        if place == len(start):
            return start + b"".join(video[2:])
        place = len(start)


def test_an_index_in_the_form_of_the_draft_follows():
    def draft(place: int) -> bytes:
        final = build.index(1, [place])
        return final[:42] + bytes(16) + final[42:]

    file = small_skeleton(build.fishead(0, 0), draft)
    _, _, new = told(file)
    packet = build.packets(new)[9][1][0]
    [place] = build.read_index(packet[:42] + packet[58:])
    assert place in {at for at, header, _ in build.parts(new) if header[14] == 1}


@pytest.mark.parametrize("head", [build.fishead(0, 0)[:64], build.fishead(0, 0)])
def test_a_skeleton_without_places_is_carried_along(head):
    file = small_skeleton(head, None)
    assert OGG.read(BytesSource(file)).skeletons == ()
    assert build.packets(told(file)[2])[9] == build.packets(file)[9]


# --- damage --------------------------------------------------------------------------------


def test_a_wrong_checksum_of_a_header_page_is_refused():
    pages = build.vorbis(1, BLOCK, build.data(9, 300))
    spoilt = bytearray(pages[1])
    spoilt[23] ^= 1
    source = BytesSource(pages[0] + bytes(spoilt) + b"".join(pages[2:]))
    layout = OGG.read(source)
    assert layout.blocks[0].error is None
    with pytest.raises(RefusedError) as caught:
        OGG.change(source, layout, wanted())
    assert caught.value.code == "wrong-checksum"


def test_a_lost_header_page_is_refused():
    pages = build.opus(1, filled(255 * 600), build.data(9, 99))
    source = BytesSource(b"".join((*pages[:2], *pages[3:])))
    layout = OGG.read(source)
    assert layout.blocks[0].error is not None
    with pytest.raises(RefusedError) as caught:
        OGG.change(source, layout, wanted())
    assert caught.value.code == "damaged-carrier"


@pytest.mark.parametrize("full", [False, True])
def test_rubbish_between_pages_and_a_cut_last_page_are_kept(full):
    pages = full_opus() if full else build.opus(1, BLOCK, build.data(40, 400))
    rubbish = b"OggS is lost here OggS\0"
    file = b"".join(pages[:20]) + rubbish + b"".join(pages[20:])
    file = file[:-50]
    _, _, new = told(file)
    place = new.index(rubbish)
    assert (new[place + len(rubbish) :][:18], new[-200:]) == (pages[20][:18], file[-200:])


def test_no_first_page_is_damage():
    pages = build.opus(1, BLOCK, build.data(9, 99))
    with pytest.raises(DamagedError):
        OGG.read(BytesSource(b"".join(pages[1:])))


def test_a_second_packet_that_is_no_comment_header_is_refused():
    groups: list[build.Group] = [([build.VORBIS_HEAD], 0), ([b"\x05vorbis"], 0)]
    source = BytesSource(b"".join(build.stream(1, [*groups, *build.data(3, 50)])))
    layout = OGG.read(source)
    assert layout.blocks[0].error is not None
    with pytest.raises(RefusedError):
        OGG.change(source, layout, wanted())


def test_flac_comments_that_do_not_fit_are_refused():
    block = filled((1 << 24) - 100)
    lacing = [*[255] * 255]
    packet = b"\x84" + len(block).to_bytes(3, "big") + block
    pages, at, number = [build.page(1, 0, [51], build.FLAC_HEAD, flags=2)], 0, 1
    step = 255 * 255
    for at in range(0, len(packet), step):
        part = packet[at : at + step]
        lacing = [255] * (len(part) // 255)
        if len(part) < step:
            lacing.append(len(part) % 255)
        pages.append(struct.pack("<4sBBqIII", b"OggS", 0, at > 0, 0, 1, number, 0))
        pages[-1] += bytes((len(lacing), *lacing)) + part
        number += 1
    source = BytesSource(b"".join(pages))
    with pytest.raises(RefusedError) as caught:
        OGG.change(source, OGG.read(source), wanted())
    assert caught.value.code == "overflow"


def test_too_many_streams_are_too_many():
    pages = [build.page(n, 0, [1], b"x", flags=2) for n in range(ogg_streams.MAX_STREAMS + 9)]
    with pytest.raises(LimitError):
        OGG.read(BytesSource(b"".join(pages)))


def test_headers_of_endless_empty_pages_are_too_many():
    first = build.stream(1, [([build.OPUS_HEAD], 0)], eos=False)[0]
    empty = (
        struct.pack("<4sBBqIIIB", b"OggS", 0, 0, 0, 1, number + 1, 0, 0)
        for number in range(ogg_streams.MAX_PAGES + 9)
    )
    with pytest.raises(LimitError):
        OGG.read(BytesSource(first + b"".join(empty)))


def test_headers_that_are_too_long_are_too_long():
    pages = build.stream(1, [([build.OPUS_HEAD], 0)], eos=False)
    body = bytes(255 * 255)
    for number in range(ogg_streams.MAX_HEADERS // len(body) + 2):
        head = struct.pack("<4sBBqIII", b"OggS", 0, number > 0, -1, 1, number + 1, 0)
        pages.append(head + b"\xff" * 256 + body)
    with pytest.raises(LimitError):
        OGG.read(BytesSource(b"".join(pages)))


# --- anything ------------------------------------------------------------------------------

text = st.binary(max_size=600)
makers = st.sampled_from([build.opus, build.vorbis, build.flac, build.speex, build.theora])
one_stream = st.tuples(
    makers,
    st.lists(st.one_of(text, st.integers(1, 140_000).map(bytes)), max_size=5),
    st.integers(0, 12),
    st.integers(0, 900),
    st.sampled_from([1, 2, 17, 255, 255]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(one_stream, min_size=1, max_size=3), min_size=1, max_size=3))
def test_whatever_stands_in_the_pages(links):
    file, serial = b"", 0
    for link in links:
        streams = []
        for make, items, count, size, segments in link:
            serial += 1
            block = build.comments(*items)
            groups = build.data(count, size)
            streams.append(make(serial, block, groups, segments=segments))
        file += build.multiplexed(*streams)
    after, _, new = told(file)
    assert len(after.blocks) == serial
    assert all(("tdm:reservation", "1") in said for said in values(after))
    same_but_comments(file, new)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(0, 3000))
def test_room_of_any_size(items, room):
    file = b"".join(build.opus(1, build.comments(*items), build.data(3, 90), behind=bytes(room)))
    _, change, _ = told(file)
    if room > 700:
        assert change.patch.moves_nothing


def test_pieces_stay_few():
    source = BytesSource(b"".join(full_opus()))
    change = OGG.change(source, OGG.read(source), wanted())
    assert len(change.patch.pieces) <= 2 * 42 + 6
