"""Identifiers: the forms in which the field writes them, and wrong ones with what was expected."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.errors import UsageError
from mediaoptout.reservation import check_digits
from mediaoptout.reservation.identifiers import MAX_LENGTH, Identifier, Scheme

RIGHT = [
    ("isni", "0000 0001 2103 2683", "0000000121032683", "0000 0001 2103 2683"),
    ("isni", "https://isni.org/isni/000000012281955X", "000000012281955X", "0000 0001 2281 955X"),
    ("isni", "ISNI: 000000012281955x", "000000012281955X", "0000 0001 2281 955X"),
    ("orcid", "https://orcid.org/0000-0002-1825-0097", "0000000218250097", "0000-0002-1825-0097"),
    ("ipi", "00052210040", "00052210040", "00052210040"),
    ("ipi", "IPI 52210040", "00052210040", "00052210040"),
    ("ipi-base", "I-000000229-7", "I0000002297", "I-000000229-7"),
    ("ipn", "IPN 123456", "123456", "123456"),
    ("isrc", "FR-Z03-98-00212", "FRZ039800212", "FR-Z03-98-00212"),
    ("isrc", "ISRC frz039800212", "FRZ039800212", "FR-Z03-98-00212"),
    ("isrc", "FR\u2013Z03\u201398\u201300212", "FRZ039800212", "FR-Z03-98-00212"),
    ("isrc", "urn:isrc:QZES81234567", "QZES81234567", "QZ-ES8-12-34567"),
    ("iswc", "T-034.524.680-1", "T0345246801", "T-034.524.680-1"),
    ("iswc", "T0345246801", "T0345246801", "T-034.524.680-1"),
    (
        "isan",
        "0000-0000-3A8D-0000-Z-0000-0000-6",
        "000000003A8D0000Z000000006",
        "0000-0000-3A8D-0000-Z-0000-0000-6",
    ),
    ("isan", "000000003A8D0000", "000000003A8D0000Z", "0000-0000-3A8D-0000-Z"),
    (
        "isan",
        "ISAN 0000-0000-3A8D-0000-0000-0000",
        "000000003A8D0000Z000000006",
        "0000-0000-3A8D-0000-Z-0000-0000-6",
    ),
    (
        "eidr",
        "10.5240/7791-8534-2C23-9030-8610-5",
        "10.5240/779185342C23903086105",
        "10.5240/7791-8534-2C23-9030-8610-5",
    ),
    (
        "eidr",
        "https://doi.org/10.5240/7791-8534-2c23-9030-8610-5",
        "10.5240/779185342C23903086105",
        "10.5240/7791-8534-2C23-9030-8610-5",
    ),
    (
        "eidr",
        "7791-8534-2C23-9030-8610-5",
        "10.5240/779185342C23903086105",
        "10.5240/7791-8534-2C23-9030-8610-5",
    ),
    ("gtin", "UPC 0 36000 29145 2", "036000291452", "036000291452"),
    ("gtin", "EAN-13: 4006381333931", "4006381333931", "4006381333931"),
    ("gtin", "96385074", "96385074", "96385074"),
    ("catalogue-number", "  HMC 90-1234  ", "HMC 90-1234", "HMC 90-1234"),
    (
        "iscc",
        "ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY",
        "KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY",
        "ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY",
    ),
    ("iscc", "ISCC:AAAYPXW445FTYNJ3", "AAAYPXW445FTYNJ3", "ISCC:AAAYPXW445FTYNJ3"),
]

WRONG = [
    ("isni", "0000 0001 2103 2684", "its last character should be 3, not 4"),
    ("isni", "0000 0001 2103 268", "one has 15 digits"),
    ("orcid", "0000-0002-1825-0098", "should be 7, not 8"),
    ("ipi", "00052210041", "its last two digits should be 40, not 41"),
    ("ipi", "four", "11 digits"),
    ("ipi-base", "I-000000229-8", "its last digit should be 7, not 8"),
    ("ipn", "12-A", "digits only"),
    ("isrc", "XA-Z03-98-00212", "begins with XA"),
    ("isrc", "FR-Z03-98-0212", "one has 2 letters"),
    ("iswc", "T-010.015.001-1", "should be 3, not 1"),
    ("iswc", "034.524.680-1", "the form T-123.456.789-0"),
    ("isan", "0000-0000-3A8D-0000-Y-0000-0000-6", "after the first 16 digits should be Z, not Y"),
    ("isan", "0000-0000-3A8D-0000-Z-0000-0000-7", "its last character should be 6, not 7"),
    ("isan", "0000-0000-3A8D", "16 hexadecimal digits"),
    ("eidr", "10.5240/7791-8534-2C23-9030-8610-6", "should be 5, not 6"),
    ("eidr", "10.5239/7791-8534", "20 hexadecimal digits"),
    ("gtin", "4006381333932", "should be 1, not 2"),
    ("gtin", "123456789", "8, 12, 13 or 14 digits"),
    ("catalogue-number", " ", "empty"),
    ("catalogue-number", "A\x1b[2J", "cannot be printed"),
    ("iscc", "ISCC:KACYPXW", "structure"),
    ("iscc", "ISCC:AAAYPXW445FTYNJ1", "structure"),
    ("isrc", "F" * (MAX_LENGTH + 1), "too long"),
]


@pytest.mark.parametrize(("scheme", "text", "value", "display"), RIGHT)
def test_every_form(scheme: str, text: str, value: str, display: str):
    found = Identifier.parse(Scheme(scheme), text)
    assert (found.value, found.display) == (value, display)
    for form in (value, display, found.urn, found.uri, str(found)):
        assert form is None or Identifier.parse(found.scheme, form) == found
    assert Identifier.guess(str(found)) == found
    assert found.urn is None or Identifier.guess(found.urn) == found
    assert found.uri is None or Identifier.guess(found.uri) == found


@pytest.mark.parametrize(("scheme", "text", "message"), WRONG)
def test_a_wrong_one_says_what_was_expected(scheme: str, text: str, message: str):
    with pytest.raises(UsageError) as caught:
        Identifier.parse(Scheme(scheme), text)
    assert message in caught.value.message
    assert caught.value.message.startswith(Scheme(scheme).label)
    assert caught.value.code == "identifier"
    assert caught.value.fix
    assert Identifier.guess(f"{scheme} {text}") is None


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("10.5240/7791-8534-2C23-9030-8610-5", Scheme.EIDR),
        ("T-034.524.680-1", Scheme.ISWC),
        ("I-000000229-7", Scheme.IPI_BASE),
        ("ipi base number I-000000229-7", Scheme.IPI_BASE),
        ("ipi name number 00052210040", Scheme.IPI),
        ("FRZ039800212", None),
        ("4006381333931", None),
        ("isrcal", None),
        ("", None),
    ],
)
def test_only_what_tells_its_scheme_is_guessed(text: str, scheme: Scheme | None):
    found = Identifier.guess(text)
    assert (found and found.scheme) == scheme


def test_urns():
    isrc = Identifier.parse(Scheme.ISRC, "FR-Z03-98-00212")
    eidr = Identifier.parse(Scheme.EIDR, "10.5240/7791-8534-2C23-9030-8610-5")
    assert isrc.urn == isrc.uri == "urn:isrc:FRZ039800212"
    assert eidr.urn == "urn:eidr:10.5240:7791-8534-2C23-9030-8610-5"
    assert Identifier.parse(Scheme.IPN, "1").urn is None


@pytest.mark.parametrize(
    ("scheme", "rule", "body", "tail"),
    [
        (Scheme.ISNI, check_digits.mod_11_2, "000000012103268", 1),
        (Scheme.IPI, check_digits.ipi, "000522100", 2),
        (Scheme.GTIN, check_digits.gs1, "400638133393", 1),
        (Scheme.EIDR, check_digits.mod_37_36, "779185342C2390308610", 1),
    ],
)
def test_one_mistyped_digit_is_noticed(scheme, rule, body, tail):
    value = body + rule(body)
    assert len(value) == len(body) + tail
    for place in range(len(body)):
        for digit in string.digits:
            if digit != value[place]:
                mistyped = value[:place] + digit + value[place + 1 :]
                with pytest.raises(UsageError, match="should be"):
                    Identifier.parse(scheme, mistyped)


@given(st.sampled_from(Scheme), st.text(max_size=MAX_LENGTH + 2))
def test_anything_is_an_identifier_or_an_error(scheme: Scheme, text: str):
    Identifier.guess(text)
    try:
        found = Identifier.parse(scheme, text)
    except UsageError:
        return
    assert Identifier.parse(scheme, found.display) == found
