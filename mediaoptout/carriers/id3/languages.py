"""Language tags as ID3v2 spells them: the three letters of ISO 639-2."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "XXX"
"""What ID3v2.4 writes for a language that is not known."""

_THREE: Final = dict(
    pair.split(":")
    for pair in (
        "ar:ara be:bel bg:bul bs:bos ca:cat cs:ces cy:cym da:dan de:deu el:ell en:eng es:spa"
        " et:est eu:eus fa:fas fi:fin fr:fra ga:gle gl:glg he:heb hi:hin hr:hrv hu:hun hy:hye"
        " id:ind is:isl it:ita ja:jpn ka:kat ko:kor lb:ltz lt:lit lv:lav mk:mkd ms:msa mt:mlt"
        " nb:nob nl:nld nn:nno no:nor pl:pol pt:por rm:roh ro:ron ru:rus sk:slk sl:slv sq:sqi"
        " sr:srp sv:swe sw:swa th:tha tr:tur uk:ukr ur:urd vi:vie zh:zho"
    ).split()
)


def three_letters(tag: str) -> str:
    """The ISO 639-2/T code for a language tag (``fr-CA`` gives ``fra``).

    Args:
        tag: a language tag of RFC 3066.
    """
    primary = tag.lower().partition("-")[0]
    if len(primary) == 3 and primary.isascii() and primary.isalpha():
        return primary
    return _THREE.get(primary, UNKNOWN)
