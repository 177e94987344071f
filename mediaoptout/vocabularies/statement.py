"""A statement: one thing that a file says about its uses, where it stands and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mediaoptout.lean import lean
from mediaoptout.vocabularies.properties import Entry, as_text
from mediaoptout.words import Carrier, Permission, Use, Vocabulary


@lean
@dataclass(frozen=True, slots=True)
class Meaning:
    """What a value says of the uses.

    Args:
        uses: what is stated, or counts as stated (training under reserved mining).
        implied: uses that follow by our reading only, and are not in ``uses`` unless they count.
    """

    uses: Mapping[Use, Permission] = field(default_factory=dict)
    implied: tuple[Use, ...] = ()


@lean
@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a file says.

    Args:
        vocabulary: the standard in which it is said.
        carrier: the kind of block that holds it.
        location: where that block stands.
        property: the key as the carrier spells it.
        value: what it says, raw.
        meaning: what that means for each use.
        partial: whether it is said of a part of the file only (a component of it).
    """

    vocabulary: Vocabulary
    carrier: Carrier
    location: str
    property: str
    value: str
    meaning: Meaning
    partial: bool = False

    @classmethod
    def of(cls, vocabulary: Vocabulary, entry: Entry, meaning: Meaning) -> Statement:
        """The statement that ``entry`` makes."""
        return cls(
            vocabulary,
            entry.carrier,
            entry.location,
            entry.label,
            as_text(entry.value),
            meaning,
        )


def same(permission: Permission, *uses: Use) -> dict[Use, Permission]:
    """The same permission for several uses."""
    return dict.fromkeys(uses, permission)


_TRAINING: Final = (Use.AI_TRAINING, Use.GENERATIVE_AI_TRAINING)
MINING: Final = Meaning(same(Permission.RESERVED, Use.DATA_MINING, *_TRAINING))
"""What reserves mining reserves training with it, which needs mining first."""

TRAINING: Final = Meaning(same(Permission.RESERVED, *_TRAINING))
"""What reserves training alone."""
