"""Deliveries: what each lets through, and words that are none."""

from __future__ import annotations

import pytest

from mediaoptout.errors import UsageError
from mediaoptout.reservation import delivery
from mediaoptout.reservation.delivery import Delivery
from mediaoptout.words import Carrier, Vocabulary


def test_everything_takes_everything():
    everything = delivery.named("everything")
    assert everything == Delivery()
    assert all(everything.takes(carrier) for carrier in Carrier)
    assert all(everything.says(vocabulary) for vocabulary in Vocabulary)


def test_conservative_and_archive():
    conservative = delivery.named("conservative")
    assert not conservative.takes(Carrier.C2PA) and not conservative.takes(Carrier.SIDECAR_C2PA)
    assert conservative.takes(Carrier.ID3) and not conservative.id3_chunks
    assert conservative.id3_version in delivery.ID3_VERSIONS
    archive = delivery.named("archive-bwf")
    taken = {carrier for carrier in Carrier if archive.takes(carrier)}
    assert taken == {Carrier.RIFF_INFO, Carrier.AXML, Carrier.XMP, Carrier.SIDECAR_XMP}


def test_a_delivery_without_prose_or_with_few_vocabularies():
    assert not Delivery(prose=False).says(Vocabulary.PROSE)
    chosen = delivery.vocabularies(["plus", " cawg"])
    few = Delivery(vocabularies=chosen)
    assert [word for word in Vocabulary if few.says(word)] == ["plus", "cawg"]
    assert Delivery(carriers=delivery.carriers(["xmp"])).takes(Carrier.XMP)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: delivery.named("conservativ"), "did you mean 'conservative'?"),
        (lambda: delivery.carriers(["id4"]), "did you mean 'id3'?"),
        (lambda: delivery.vocabularies(["plus", "zzz"]), "no vocabulary 'zzz'"),
    ],
)
def test_words_that_are_none(call, message: str):
    with pytest.raises(UsageError, match=message[:10]) as caught:
        call()
    assert message in caught.value.message
    assert caught.value.fix and caught.value.fix.startswith("there are: ")
