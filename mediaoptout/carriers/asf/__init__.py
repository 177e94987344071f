"""The metadata objects of an ASF header (Microsoft ASF Specification 01.20.05, chapters 3 and 4).

The Content Description holds five fixed texts, the copyright notice among them; the Extended
Content Description any number of named attributes; the Content Branding an address. Attributes of
others are copies; the names of ours that no specification knows are our convention.
"""

from __future__ import annotations

from mediaoptout.carriers.asf.attributes import (
    MAX_ATTRIBUTES,
    OURS,
    Attribute,
    attributes,
    merge_extended,
    parse_extended,
    parse_library,
)
from mediaoptout.carriers.asf.branding import merge_branding, parse_branding
from mediaoptout.carriers.asf.description import merge_description, parse_description

__all__ = [
    "MAX_ATTRIBUTES",
    "OURS",
    "Attribute",
    "attributes",
    "merge_branding",
    "merge_description",
    "merge_extended",
    "parse_branding",
    "parse_description",
    "parse_extended",
    "parse_library",
]
