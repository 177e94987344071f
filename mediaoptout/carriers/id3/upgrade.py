"""ID3v2.2 frames in the form of v2.3, their contents byte for byte.

Identifiers are those of the two standards, and those that iTunes wrote in either version.
"""

from __future__ import annotations

from typing import Final

from mediaoptout.carriers.id3.tag import Frame, Tag
from mediaoptout.carriers.id3.text import LATIN1, encode
from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Insert, Piece

V23_NAMES: Final = dict(
    pair.split(":")
    for pair in (
        "BUF:RBUF CNT:PCNT COM:COMM CRA:AENC ETC:ETCO EQU:EQUA GEO:GEOB IPL:IPLS LNK:LINK"
        " MCI:MCDI MLL:MLLT PIC:APIC POP:POPM REV:RVRB RVA:RVAD SLT:SYLT STC:SYTC TAL:TALB"
        " TBP:TBPM TCM:TCOM TCO:TCON TCR:TCOP TDA:TDAT TDY:TDLY TEN:TENC TFT:TFLT TIM:TIME"
        " TKE:TKEY TLA:TLAN TLE:TLEN TMT:TMED TOA:TOPE TOF:TOFN TOL:TOLY TOR:TORY TOT:TOAL"
        " TP1:TPE1 TP2:TPE2 TP3:TPE3 TP4:TPE4 TPA:TPOS TPB:TPUB TRC:TSRC TRD:TRDA TRK:TRCK"
        " TSI:TSIZ TSS:TSSE TT1:TIT1 TT2:TIT2 TT3:TIT3 TXT:TEXT TXX:TXXX TYE:TYER UFI:UFID"
        " ULT:USLT WAF:WOAF WAR:WOAR WAS:WOAS WCM:WCOM WCP:WCOP WPB:WPUB WXX:WXXX"
        " GP1:GRP1 MVI:MVIN MVN:MVNM PCS:PCST TCP:TCMP TCT:TCAT TDS:TDES TID:TGID TKW:TKWD"
        " TS2:TSO2 TSA:TSOA TSC:TSOC TSP:TSOP TST:TSOT WFD:WFED"
    ).split()
)
V22_NAMES: Final = {new: old for old, new in V23_NAMES.items()}

_MIME: Final = {
    b"JPG": b"image/jpeg",
    b"PNG": b"image/png",
    b"GIF": b"image/gif",
    b"BMP": b"image/bmp",
    b"TIF": b"image/tiff",
    b"-->": b"-->",
}


def common_name(frame: Frame) -> str:
    """The frame's identifier in v2.3; unknown ones as they are."""
    if len(frame.id) == 3:
        return V23_NAMES.get(frame.id, frame.id)
    if frame.id[3] in "\0 ":
        return V23_NAMES.get(frame.id[:3], frame.id)
    return frame.id


def upgraded(tag: Tag, target: Tag, frame: Frame) -> tuple[Piece, ...]:
    """The frame of a v2.2 ``tag`` as it stands in the v2.3 ``target``; its content is copied.

    Raises:
        RefusedError: v2.3 has no such frame.
    """
    name = V23_NAMES.get(frame.id)
    if name is None:
        raise RefusedError(
            f"the ID3v2.2 frame {frame.id} has no form in v2.3",
            at=frame.start,
            fix="leave out --upgrade-id3: the tag then takes everything but XMP and the manifest",
            code="no-upgrade",
        )
    taken, lead = frame.body, b""
    if name == "APIC":
        head = tag.plain.read(frame.body, min(frame.body + 4, frame.end))
        mime = _MIME.get(head[1:4].upper())
        if mime is None:
            raise RefusedError(
                f"the picture format {head[1:4]!r} of an ID3v2.2 tag is not known",
                at=frame.start,
                fix="leave out --upgrade-id3",
                code="no-upgrade",
            )
        taken, lead = frame.body + 4, head[:1] + mime + b"\0"
    elif name == "LINK":
        head = tag.plain.read(frame.body, min(frame.body + 3, frame.end))
        linked = V23_NAMES.get(head.decode("latin-1"))
        if linked is None:
            raise RefusedError(
                "a link to an ID3v2.2 frame that v2.3 does not have",
                at=frame.start,
                fix="leave out --upgrade-id3",
                code="no-upgrade",
            )
        taken, lead = frame.body + 3, encode(LATIN1, linked)
    header = target.frame_header(name, len(lead) + frame.end - taken)
    rest = tag.runs(taken, frame.end) if taken < frame.end else ()
    return Insert(header + lead), *rest
