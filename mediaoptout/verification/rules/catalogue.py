"""Rules about files and their rows: asked with ``--catalogue``, whatever the policy."""

from __future__ import annotations

from typing import Any, Final

from mediaoptout.verification.rules.rule import Group, Rule
from mediaoptout.words import Severity

_EMBED: Final = "'mediaoptout embed --catalogue'"

RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "catalogue-no-row",
        Group.CATALOGUE,
        "The catalogue has no row for the file.",
        Severity.ERROR,
        None,
        "Rows find files by path, by name, or by the ISRC in them. A file that none finds was"
        " delivered by mistake, or is missing in the catalogue.",
        "add a row to the catalogue, or take the file out of the delivery",
    ),
    Rule(
        "catalogue-no-file",
        Group.CATALOGUE,
        "A row of the catalogue has no file.",
        Severity.ERROR,
        None,
        "The file was not delivered, or has another name than the row says.",
        "deliver the file, or correct the row",
    ),
    Rule(
        "catalogue-identifier",
        Group.CATALOGUE,
        "The identifiers of the row are not those of the file.",
        Severity.ERROR,
        None,
        "Each identifier of the row must stand in a carrier of the file, and no other ISRC beside"
        " its own. Where they differ, one of them is wrong: the file, its name, or the row.",
        f"find out which is right; {_EMBED} writes that of the row",
    ),
    Rule(
        "catalogue-holder",
        Group.CATALOGUE,
        "A holder of the row is not named in the file.",
        Severity.ERROR,
        None,
        "Everybody whom the row names must be named by the file as somebody whose rights are"
        " reserved. Case and spaces do not count.",
        f"correct the row, or write it: {_EMBED}",
    ),
)
