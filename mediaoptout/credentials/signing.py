"""Signing: a manifest store of known length first, its content when the new file is known.

The parent ingredient is taken from the original file: taken from the patched one, an intact
manifest of before would be recorded as broken.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from io import BufferedReader
from typing import Any, BinaryIO, Final

from c2pa import Builder, C2paBuilderIntent, C2paError, C2paSignerInfo, Context, Signer

from mediaoptout.credentials import library
from mediaoptout.credentials.assertion import Assertion
from mediaoptout.credentials.identity import Identity
from mediaoptout.errors import RefusedError
from mediaoptout.splice.patch import Span
from mediaoptout.splice.source import Source, SourceStream

BMFF: Final = frozenset({"video/mp4", "video/quicktime", "audio/mp4", "image/heic", "image/avif"})
"""Media types whose hard binding goes by boxes; all others exclude one range of bytes."""

BOX_HEADER: Final = 8 + 16 + 4 + len(b"manifest\0") + 8
"""What the ``uuid`` box has before the manifest store (C2PA 2.2, A.5)."""

_SETTINGS: Final[dict[str, Any]] = {
    "version": 1,
    "builder": {
        "thumbnail": {"enabled": False},
        "created_assertion_labels": ["cawg.training-mining"],
    },
    "core": {"allowed_network_hosts": []},
    "verify": {
        "remote_manifest_fetch": False,
        "ocsp_fetch": False,
        # The written file is read back instead, which checks more.
        "verify_after_sign": False,
    },
}


class Session:
    """What one process needs to sign: made once, used for many files. Not to be forked.

    Args:
        identity: who signs.

    Raises:
        RefusedError: the library does not take the key or the certificates.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._signer = self._make_signer()
        self._context = Context.from_dict(_SETTINGS)
        # The box-hashed way takes its signer from the context, which consumes it.
        self._signing_context = Context.from_dict(_SETTINGS, signer=self._make_signer())

    def _make_signer(self) -> Signer:
        try:
            return Signer.from_info(
                C2paSignerInfo(
                    alg=b"es256",
                    sign_cert=self.identity.chain,
                    private_key=self.identity.key,
                    ta_url=None,
                )
            )
        except C2paError as error:
            raise RefusedError(
                f"the identity cannot be used for signing: {error}",
                fix="see 'mediaoptout identity check'",
                code="identity",
            ) from error

    def begin(
        self,
        source: Source,
        media_type: str,
        title: str,
        assertions: Sequence[Assertion],
    ) -> Pending:
        """A manifest for a file whose new form is not known yet.

        Args:
            source: the original file, whose manifest becomes the parent.
            media_type: what it is.
            title: what the manifest shall call it.
            assertions: what it shall say.

        Raises:
            RefusedError: the library refuses the file or what it shall say.
        """
        bmff = media_type in BMFF
        context = self._signing_context if bmff else self._context
        try:
            builder = self._builder(source, media_type, title, assertions, context)
            if bmff:
                size = len(library.bmff_placeholder(builder, media_type)) - BOX_HEADER
            else:
                size = len(library.data_hashed_placeholder(builder, self._signer))
        except C2paError as error:
            raise refused(error) from error
        return Pending(builder, self._signer, media_type, size)

    def sign_whole(
        self,
        source: Source,
        changed: Source,
        media_type: str,
        title: str,
        assertions: Sequence[Assertion],
        result: BinaryIO,
    ) -> None:
        """Let the library write the whole signed file: for versions that `library` does not know.

        Needs up to twice the file in memory (WAV), and writes the file once more than our own way.

        Args:
            source: the original file, whose manifest becomes the parent.
            changed: the file to be signed.
            media_type: what it is.
            title: what the manifest shall call it.
            assertions: what it shall say.
            result: takes the signed file.

        Raises:
            RefusedError: the library refuses.
        """
        try:
            builder = self._builder(source, media_type, title, assertions, self._context)
            builder.sign(self._signer, media_type, BufferedReader(SourceStream(changed)), result)
        except C2paError as error:
            raise refused(error) from error

    def _builder(
        self,
        source: Source,
        media_type: str,
        title: str,
        assertions: Sequence[Assertion],
        context: Context,
    ) -> Builder:
        builder = Builder(_definition(media_type, title, assertions), context=context)
        builder.set_intent(C2paBuilderIntent.EDIT)
        parent = {"title": title, "relationship": "parentOf"}
        library.add_ingredient(builder, parent, source, media_type)
        return builder


@dataclass(frozen=True, slots=True)
class Pending:
    """A manifest that waits for the file that it is to be bound to.

    Args:
        builder: holds what it says.
        signer: who signs.
        media_type: what the file is.
        size: the length of the manifest store, final.
    """

    builder: Builder
    signer: Signer
    media_type: str
    size: int

    @property
    def by_boxes(self) -> bool:
        """Whether `sign_boxes` is the way for this file; else `sign_digest`."""
        return self.media_type in BMFF

    def sign_digest(self, digest: bytes, hole: Span | None) -> bytes:
        """The signed manifest store.

        Args:
            digest: the SHA-256 of the new file without the hole.
            hole: the excluded range of the new file; None for a manifest beside it.

        Raises:
            RefusedError: the library refuses.
        """
        try:
            excluded = None if hole is None else (hole.start, hole.size)
            return library.sign_data_hashed(self.builder, self.signer, digest, excluded)
        except C2paError as error:
            raise refused(error) from error

    def sign_boxes(self, file: Source) -> bytes:
        """The signed ``uuid`` box.

        Args:
            file: the new file, with zeros in the hole behind the box's own header.

        Raises:
            RefusedError: the library refuses.
        """
        try:
            return library.sign_bmff(self.builder, self.media_type, file)
        except C2paError as error:
            raise refused(error) from error


def refused(error: C2paError) -> RefusedError:
    """An error of the library as ours."""
    return RefusedError(
        f"no manifest could be made: {error}",
        fix="give --no-sign to write the reservation without a manifest",
        code="not-signed",
    )


@cache
def generator() -> dict[str, str]:
    """Who made the claim."""
    return {"name": "mediaoptout", "version": version("mediaoptout")}


def _definition(media_type: str, title: str, assertions: Sequence[Assertion]) -> str:
    actions = {
        "actions": [
            {"action": "c2pa.edited.metadata", "description": "A rights reservation was written"}
        ]
    }
    return json.dumps(
        {
            "claim_generator_info": [generator()],
            "title": title,
            "format": media_type,
            "assertions": [
                {"label": "c2pa.actions.v2", "data": actions},
                *(_assertion(item) for item in assertions),
            ],
        }
    )


def _assertion(item: Assertion) -> dict[str, Any]:
    """An assertion as the library takes it; what is JSON-LD must be stored as JSON, not CBOR."""
    written = {"label": item.label, "data": dict(item.data)}
    return {**written, "kind": "Json"} if "@context" in item.data else written
