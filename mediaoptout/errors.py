"""Everything that can go wrong, as one tree.

::

    MediaoptoutError
    ├── UsageError            the command, a profile or a policy is wrong: nothing was touched
    │   ├── ProfileError      a profile: names its file, key and line
    │   └── PolicyError       a policy: the same
    ├── MediaError            one file cannot be dealt with; the others go on
    │   ├── UnsupportedError  a kind of file that we do not write (or no media at all)
    │   ├── RefusedError      we could, but should not; the reason is true and has a way out
    │   ├── DamagedError      the file's own structure is broken at a place that we can name
    │   ├── LimitError        the file asks for more than we allow (allocation, depth, count)
    │   └── NotHereError      its content is on tape or in the cloud, and was not to be recalled
    └── WriteError            the new file could not be made; the old one is as it was
        └── SourceChangedError  the source is not the file any more that the patch was made for

An error carries what a record needs: a ``code`` for programs, a ``message`` for people, ``at``
(the place in the file: an offset or a box path) and ``fix`` (the way out).
"""

from __future__ import annotations

from dataclasses import dataclass

from mediaoptout.lean import lean


@lean
@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """An error as a record shows it."""

    code: str
    message: str
    at: str | None = None
    fix: str | None = None


class MediaoptoutError(Exception):
    """The root of all errors that this package raises on purpose.

    Args:
        message: one sentence that says what is wrong.
        at: where in the file (``"offset 4096"``, ``"moov/udta/meta"``), or None.
        fix: what the user can do, or None.
        code: a word for programs; by default the class's own.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        at: str | int | None = None,
        fix: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.at = f"offset {at}" if isinstance(at, int) else at
        self.fix = fix
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.at, self.fix, self.code)

    @property
    def info(self) -> ErrorInfo:
        """The error as a value for a record."""
        return ErrorInfo(self.code, self.message, self.at, self.fix)


def _rebuild(
    kind: type[MediaoptoutError], message: str, at: str | None, fix: str | None, code: str
) -> MediaoptoutError:
    return kind(message, at=at, fix=fix, code=code)


class UsageError(MediaoptoutError):
    """The command is used wrongly; nothing was touched."""

    code = "usage"


class ProfileError(UsageError):
    """A profile says something that it cannot say."""

    code = "profile"


class PolicyError(UsageError):
    """A policy says something that it cannot say."""

    code = "policy"


class MediaError(MediaoptoutError):
    """One file cannot be dealt with."""

    code = "media"


class UnsupportedError(MediaError):
    """A kind of file that this package does not write."""

    code = "unsupported"


class RefusedError(MediaError):
    """The file could be changed, but should not be."""

    code = "refused"


class DamagedError(MediaError):
    """The file's own structure is broken."""

    code = "damaged"


class LimitError(MediaError):
    """The file asks for more than is allowed: memory, depth or count."""

    code = "limit"


class NotHereError(MediaError):
    """The file is a placeholder: its content is elsewhere, and was not to be recalled."""

    code = "not-here"


class WriteError(MediaoptoutError):
    """The new file could not be made; the old one is as it was."""

    code = "write"


class SourceChangedError(WriteError):
    """The source changed between reading and writing."""

    code = "source-changed"
