"""Values that are pickled by the thousand: as their fields, whose names are looked up once.

What `dataclasses` gives frozen classes with slots looks the fields up anew for every value.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def lean(cls: type[T]) -> type[T]:
    """Decorate a frozen dataclass with slots, so that its values are pickled and made fast."""
    names = tuple(field.name for field in fields(cls))  # type: ignore[arg-type] # which it is
    values = attrgetter(*names)
    several = len(names) > 1

    def reduce(self: T) -> tuple[object, ...]:
        return _made, (cls, values(self) if several else (values(self),))

    cls.__reduce__ = reduce  # type: ignore[assignment,method-assign]
    _SETTERS[cls] = tuple(getattr(cls, name).__set__ for name in names)
    return cls


_SETTERS: dict[type, tuple[Any, ...]] = {}


def _made(cls: type[T], values: tuple[object, ...]) -> T:
    """The value of these fields; it was checked when it was first made."""
    made = object.__new__(cls)
    for put, value in zip(_SETTERS[cls], values, strict=True):
        put(made, value)
    return made
