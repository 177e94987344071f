"""The words of the contract, as types: what a file can say, where, and what that amounts to.

Other programs read these values in the JSON records, so they change only with the contract.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Use(StrEnum):
    """A use of a work that a reservation can speak of."""

    DATA_MINING = "data_mining"
    AI_TRAINING = "ai_training"
    GENERATIVE_AI_TRAINING = "generative_ai_training"
    AI_INFERENCE = "ai_inference"
    SEARCH = "search"


class Permission(StrEnum):
    """What is said of a use. ``CONSTRAINED`` (allowed only on terms) counts as reserved."""

    RESERVED = "reserved"
    CONSTRAINED = "constrained"
    ALLOWED = "allowed"
    UNSTATED = "unstated"

    @property
    def reserves(self) -> bool:
        """Whether the use needs an authorisation first."""
        return self in (Permission.RESERVED, Permission.CONSTRAINED)


class Vocabulary(StrEnum):
    """A standard (or custom) that can express a reservation."""

    PLUS = "plus"
    TDMREP = "tdmrep"
    CAWG = "cawg"
    C2PA_LEGACY = "c2pa-legacy"
    AIPREF = "aipref"
    RSL = "rsl"
    RIGHTS = "rights"
    PROSE = "prose"

    @property
    def machine_readable(self) -> bool:
        """Whether a program can act on it without reading natural language."""
        return self not in (Vocabulary.RIGHTS, Vocabulary.PROSE)


class Carrier(StrEnum):
    """A place in a file that can hold statements."""

    XMP = "xmp"
    ID3 = "id3"
    VORBIS_COMMENT = "vorbis-comment"
    MP4_ILST = "mp4-ilst"
    QUICKTIME = "quicktime"
    RIFF_INFO = "riff-info"
    AXML = "axml"
    MATROSKA_TAGS = "matroska-tags"
    APE = "ape"
    ASF = "asf"
    IFF_TEXT = "iff-text"
    CAF_INFO = "caf-info"
    EXIF = "exif"
    IIM = "iim"
    PSIR = "psir"
    PNG_TEXT = "png-text"
    C2PA = "c2pa"
    SIDECAR_XMP = "sidecar-xmp"
    SIDECAR_C2PA = "sidecar-c2pa"


class Verdict(StrEnum):
    """What a file's statements amount to."""

    RESERVED = "reserved"
    PARTIAL = "partial"
    TEXT_ONLY = "text-only"
    CONFLICT = "conflict"
    ALLOWED = "allowed"
    UNRESERVED = "unreserved"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"


class Status(StrEnum):
    """What ``embed`` did with a file."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


class Integrity(StrEnum):
    """Whether a credential's hashes and signature hold."""

    INTACT = "intact"
    BROKEN = "broken"
    ABSENT = "absent"
    UNCHECKED = "unchecked"


class Trust(StrEnum):
    """Whether the signer of a credential is known."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NONE = "none"


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class FailOn(StrEnum):
    """Which findings make a run fail; a verdict other than ``reserved`` does unless ``NEVER``."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"

    def fails(self, severity: Severity) -> bool:
        """Whether a finding of this severity fails."""
        if self is FailOn.NEVER:
            return False
        return severity is Severity.ERROR or severity.value == self.value


class Exit(IntEnum):
    """The exit codes of every command; the highest that applies wins."""

    AS_EXPECTED = 0
    NOT_AS_EXPECTED = 1
    WRONG_USE = 2
    NOT_DONE = 3


EXPECTED_USES: tuple[Use, ...] = (
    Use.DATA_MINING,
    Use.AI_TRAINING,
    Use.GENERATIVE_AI_TRAINING,
)
"""The uses that a file is expected to reserve, unless a profile or policy says otherwise."""
