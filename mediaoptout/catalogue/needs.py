"""What a run needs of processes: from how many files on, and which modules they shall have."""

from __future__ import annotations

from typing import Final

FEW: Final = 64
"""Up to this many files, one process is mostly done before others have started."""

_SIGNING: Final = ("mediaoptout.credentials.signing", "mediaoptout.credentials.validation")
_CERTIFICATES: Final = "cryptography.x509"
_PROSE: Final = "mediaoptout.vocabularies.sentences"

EMBEDS: Final = ("mediaoptout.embedding.single", _PROSE)
"""The modules of processes that embed ..."""

EMBEDS_AND_SIGNS: Final = (*EMBEDS, *_SIGNING, _CERTIFICATES)
"""... that sign besides ..."""

READS: Final = ("mediaoptout.verification.check", _PROSE)
"""... that read headers ..."""

VALIDATES: Final = (*READS, "mediaoptout.credentials.validation", _CERTIFICATES)
"""... and that validate manifests."""
