from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.carriers import caf_info
from mediaoptout.containers.caf import Caf
from mediaoptout.containers.proof import prove
from mediaoptout.errors import DamagedError, LimitError, RefusedError
from mediaoptout.reservation.texts import heads
from mediaoptout.splice.patch import PatchedSource
from mediaoptout.splice.source import BytesSource
from mediaoptout.vocabularies.properties import as_text
from mediaoptout.words import Carrier
from tests import witnesses
from tests.containers.harness import NOTICE, TERMS_EN, ContainerContract, content, wanted
from tests.containers.iff_files import SAMPLES, caf, caf_chunk, info

CAF = Caf()
FREE = caf_chunk(b"free", bytes(2000))
NO_LENGTH = (1 << 64) - 1


class TestCaf(ContainerContract):
    container = CAF
    sample_folders = ("caf",)
    minimum = 3

    def holds(self, change):
        return {item.name for item in self.wanted().properties if item.name in caf_info.KEYS}

    def test_nothing_moves_where_the_sound_states_its_length(self, path):
        source = BytesSource(path.read_bytes())
        _, change = self.plan(source)
        assert change.patch.moves_nothing == (CAF.read(source).open_data is None)

    def test_exiftool_sees_it_and_misses_nothing(self, path, written):
        """ExifTool knows no CAF."""

    def test_ffprobe_and_mediainfo_see_it(self, written):
        tags = witnesses.ffprobe_tags(written)
        if tags is None:
            pytest.skip("no ffprobe here")
        assert tags["format:TDM-RESERVATION"] == "1"
        assert tags["format:copyright"] == NOTICE
        report = witnesses.mediainfo(written)
        if report is not None:
            assert NOTICE in str(report)


def written(data: bytes, *, without: tuple[str, ...] = (), **options) -> bytes:
    source = BytesSource(data)
    layout = CAF.read(source)
    change = CAF.change(source, layout, wanted(*without, **options))
    patched = PatchedSource(source, change.patch)
    after = CAF.read(patched)
    assert after.obstacle is None
    proof = prove(layout, after, change.patch)
    assert proof.holds, proof.reasons
    assert change.carriers == (Carrier.CAF_INFO,)
    again = CAF.change(patched, after, wanted(*without, **options))
    assert again.patch.changes_nothing(patched.size)
    return content(patched)


def names(data: bytes) -> list[bytes]:
    layout = CAF.read(BytesSource(data))
    tail = [] if layout.open_data is None else [b"data..."]
    return [item.name for item in layout.chunks] + tail


def said(data: bytes) -> dict[str, str]:
    blocks = CAF.read(BytesSource(data)).blocks
    return {entry.label: as_text(entry.value) for block in blocks for entry in block.entries}


def refusal(data: bytes, **options) -> RefusedError:
    source = BytesSource(data)
    with pytest.raises(RefusedError) as caught:
        CAF.change(source, CAF.read(source), wanted(**options))
    assert caught.value.fix
    return caught.value


def test_it_says_everything_that_it_can():
    assert said(written(caf())) == {
        "copyright": NOTICE,
        "TDM-RESERVATION": "1",
        "TDM-POLICY": "https://rights.example.org/tdm/policy.json",
        "USAGE_TERMS": TERMS_EN,
        "RIGHTS-HOLDER": "Example Records",
        "LICENSE": "https://rights.example.org/terms",
    }


@pytest.mark.parametrize(
    ("before", "behind", "expected"),
    [
        (b"", b"", "desc data info"),
        (FREE, b"", "desc info free data"),
        (caf_chunk(b"free", bytes(99)), b"", "desc free data info"),
        (caf_chunk(b"info", info(title="x")) + FREE, b"", "desc info free data"),
        (FREE + caf_chunk(b"info", info(title="x")), b"", "desc info free data"),
        (caf_chunk(b"info", info(title="x")), b"", "desc free data info"),
        (
            caf_chunk(b"info", info(title="x")) + caf_chunk(b"pakt", bytes(24)) + FREE,
            b"",
            "desc free pakt info free data",
        ),
        (b"", caf_chunk(b"info", info(title="x")) + caf_chunk(b"mark", b""), "desc data info mark"),
    ],
)
def test_it_goes_where_nothing_moves(before, behind, expected):
    data = caf(behind, before=before)
    new = written(data)
    assert names(new) == [name.encode() for name in expected.split()]
    assert new.index(SAMPLES) == data.index(SAMPLES)
    assert b"title\0x\0" in new or b"title" not in data


def test_a_sound_without_a_length_gives_way_and_room_is_left():
    new = written(caf(length=NO_LENGTH))
    assert names(new) == [b"desc", b"info", b"free", b"data..."]
    less = BytesSource(written(caf(length=NO_LENGTH), without=("xmpRights:WebStatement",)))
    assert CAF.change(less, CAF.read(less), wanted()).patch.moves_nothing


def test_a_free_chunk_that_holds_something_is_not_used_up():
    free = caf_chunk(b"free", b"secret" + bytes(2000))
    assert free in written(caf(before=free))


def test_texts_of_others_stay():
    old = info(copyright="1991 Prosonus", comments="take two", LICENSE="CC0")
    new = written(caf(before=caf_chunk(b"info", old) + FREE))
    assert said(new)["copyright"] == "1991 Prosonus"
    assert said(new)["LICENSE"] == "CC0"
    assert said(new)["TDM-RESERVATION"] == "1"
    assert old[4:] in new


def test_a_declaration_in_the_comments_is_read_as_terms():
    data = caf(caf_chunk(b"info", info(comments=f"{heads()[0]} here.")))
    [entry] = CAF.read(BytesSource(data)).blocks[0].entries
    assert entry.name == "xmpRights:UsageTerms"


def test_the_sound_begins_behind_the_count_of_edits():
    source = BytesSource(caf())
    [span] = CAF.read(source).essence
    assert source.read(*span) == SAMPLES


def test_a_second_chunk_is_left():
    second = caf_chunk(b"info", info(title="Two"))
    assert second in written(caf(caf_chunk(b"info", info(title="One")), second))


def test_a_permission_is_refused_without_force():
    data = caf(caf_chunk(b"info", info(**{"tdm-reservation": "0"})))
    assert refusal(data).code == "contrary-statement"
    assert said(written(data, force=True))["tdm-reservation"] == "1"


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\2a\0b\0", b"\xff\xff\xff\xff", b"\0\0\0\1a\0b"])
def test_a_damaged_chunk_is_never_replaced(payload):
    assert refusal(caf(caf_chunk(b"info", payload))).code == "damaged-carrier"


def test_what_stands_behind_the_pairs_is_kept():
    new = written(caf(caf_chunk(b"info", info(title="x") + bytes(9))))
    assert bytes(9) in new and said(new)["TDM-RESERVATION"] == "1"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (caf()[:-1], "data-length"),
        (caf(length=5), "data-length"),
        (caf()[:52], "no-data"),
    ],
)
def test_a_sound_of_uncertain_length_is_refused(data, code):
    assert refusal(data).code == code


def test_no_caf_and_too_many_pairs_are_errors():
    with pytest.raises(DamagedError):
        CAF.read(BytesSource(b"kaff\0\1\0\0"))
    many = struct.pack(">I", 5000) + b"a\0b\0" * 5000
    with pytest.raises(LimitError):
        caf_info.parse(many, "info")


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(
    st.dictionaries(TEXT.filter(lambda key: key.upper() not in caf_info.KEYS), TEXT, max_size=5),
    st.lists(st.tuples(st.sampled_from([b"uuid", b"mark", b"strg"]), st.binary(max_size=40))),
    st.integers(0, 3000),
    st.booleans(),
    st.booleans(),
)
def test_anything_of_others_survives(pairs, chunks, room, before, endless):
    payload = struct.pack(">I", len(pairs))
    payload += "".join(f"{key}\0{text}\0" for key, text in pairs.items()).encode()
    parts = [caf_chunk(*part) for part in chunks]
    old = caf_chunk(b"info", payload)
    free = caf_chunk(b"free", bytes(room))
    if endless:
        data = caf(before=old + b"".join(parts) + free, length=NO_LENGTH)
    elif before:
        data = caf(before=b"".join([old, *parts, free]))
    else:
        data = caf(old, *parts, before=free)
    new = written(data)
    assert payload[4:] in new
    assert all(part in new for part in parts)
    source = BytesSource(data)
    inverse = CAF.change(source, CAF.read(source), wanted()).patch.inverse(source)
    assert content(PatchedSource(BytesSource(new), inverse)) == data
