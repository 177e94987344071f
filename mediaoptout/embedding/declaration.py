"""What is to be written into many files, and how far that may go."""

from __future__ import annotations

from dataclasses import dataclass

from mediaoptout.credentials.assertion import Assertion
from mediaoptout.reservation.delivery import EVERYTHING, Delivery
from mediaoptout.reservation.model import Reservation
from mediaoptout.reservation.texts import completed
from mediaoptout.vocabularies import cawg
from mediaoptout.vocabularies.encoding import encode
from mediaoptout.vocabularies.properties import Property
from mediaoptout.words import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedOptions:
    """How far ``embed`` may go.

    Args:
        force: replace contrary statements of others, and change files inside packages that carry
            hashes of their own.
        overwrite: replace an output that exists.
        break_credential: change a file that carries a C2PA manifest, and take the manifest out.
        upgrade_id3: let an ID3v2.2 tag become v2.3, so that it can hold XMP.
        wrap_jxl: put a naked JPEG XL codestream into a container, so that it can hold XMP.
        dry_run: plan and prove, but write nothing.
        sign: end the reservation in a signed C2PA manifest, where the container can hold one.
        sign_flac: sign FLAC too, which puts an ID3 tag before the stream.
        resign: make a manifest of somebody else the parent of ours instead of refusing.
        sidecar: write sidecars beside the file instead of changing it.
        update_checksums: bring check sum files beside a changed file up to date.
        prove: hash the essence before and after too, and put the digest into the record.
        replace_rights: replace notices, credits and terms of others by ours.
        legacy_label: say it under the label of C2PA 1.x too, for readers that know only that.
        mark_pictures: say it in the pictures inside of the file too, where XMP is delivered.
        delivery: what the recipient takes.
        recall: open placeholders too, so that their content is fetched from tape or a cloud.
    """

    force: bool = False
    overwrite: bool = False
    break_credential: bool = False
    upgrade_id3: bool = False
    wrap_jxl: bool = False
    dry_run: bool = False
    sign: bool = True
    sign_flac: bool = False
    resign: bool = False
    sidecar: bool = False
    update_checksums: bool = False
    prove: bool = False
    replace_rights: bool = False
    legacy_label: bool = False
    mark_pictures: bool = False
    delivery: Delivery = EVERYTHING
    recall: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """A reservation, ready to be written into many files.

    Args:
        properties: what every vocabulary has to say.
        reserved: the uses that it reserves.
        assertions: what the manifest has to say.
    """

    properties: tuple[Property, ...]
    reserved: frozenset[Use]
    assertions: tuple[Assertion, ...] = ()

    @property
    def strips(self) -> bool:
        """Whether it is that nothing shall be declared any more."""
        return bool(self.properties) and all(item.goes for item in self.properties)

    @classmethod
    def of(cls, reservation: Reservation) -> Declaration:
        """The declaration of a reservation; what it leaves open is completed.

        One without a date is dated today, one without texts gets them composed.
        """
        reservation = completed(reservation)
        reserved = (use for use, permission in reservation.uses.items() if permission.reserves)
        properties = encode(reservation)
        said = cawg.training_mining(reservation)
        assertions = (
            *([Assertion(cawg.LABEL, said)] if said["entries"] else []),
            Assertion(cawg.METADATA_LABEL, cawg.metadata(properties)),
        )
        return cls(properties, frozenset(reserved), assertions)
