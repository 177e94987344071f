"""The facts of a declaration under a namespace of our own: who, for whom, on what ground, when.

No standard has a place for a mandate, a capacity or a reserve. They stand as plain properties of
XMP under ``urn:x-mediaoptout:1.0:`` (texts, bags, structures), and the same in ``cawg.metadata``,
so that a program can read what the declaration says in natural language. What is reserved is never
said here: that is for the standards.
"""

from __future__ import annotations

from typing import Final

WROTE: Final = "mediaoptout:Wrote"
"""A bag of the names of the properties that the declaration added to the packet it stands in.

What was there before, by whomever, is not in it: what is named here can be taken out again.
"""
