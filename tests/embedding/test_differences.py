"""What a dry run says that a file would say differently."""

from __future__ import annotations

from mediaoptout.containers.base import Block, Layout
from mediaoptout.embedding.differences import differences, of_manifest
from mediaoptout.records import Difference
from mediaoptout.splice.patch import Span
from mediaoptout.vocabularies.properties import Bag, Entry, LangAlt, Structs, Value
from mediaoptout.words import Carrier

XMP = Carrier.XMP


def block(*said: tuple[str, Value], location: str = "APP1") -> Block:
    entries = tuple(Entry(XMP, location, name, name, value) for name, value in said)
    return Block(XMP, location, Span(0, 1), entries)


def pairs(before: Block, after: Block) -> list[tuple[str, str | None, str | None]]:
    return [(each.property, each.old, each.new) for each in differences([before], [after])]


def test_what_comes_goes_and_becomes_another():
    before = block(("a", "1"), ("b", "2"), ("c", "3"))
    after = block(("a", "1"), ("b", "4"), ("d", "5"))
    assert pairs(before, after) == [("b", "2", "4"), ("d", None, "5"), ("c", "3", None)]


def test_values_of_several_kinds():
    before = block(
        ("alt", LangAlt((("x-default", "A"), ("en", "A"), ("fr", "B")))),
        ("bag", Bag(("x", "y"))),
        ("structs", Structs(((("name", "N"), ("url", "U")),))),
    )
    after = block(
        ("alt", LangAlt((("x-default", "A"), ("en", "A"), ("fr", "C")))),
        ("bag", Bag(("y", "z", "y"))),
        ("structs", Structs(((("name", "N"), ("url", "V")),))),
    )
    assert pairs(before, after) == [
        ("alt[fr]", "B", "C"),
        ("bag", "x", "z"),
        ("bag", None, "y"),
        ("structs[1]/url", "U", "V"),
    ]


def test_order_and_place_are_no_difference():
    before = block(("bag", Bag(("x", "y"))), ("a", "1"))
    after = block(("a", "1"), ("bag", Bag(("y", "x"))), location="uuid")
    assert pairs(before, after) == []


def layout(*, manifest: bool) -> Layout:
    blocks = (Block(Carrier.C2PA, "caBX", Span(0, 1)),) if manifest else ()
    return Layout(size=1, essence=(), blocks=blocks)


def test_manifests_come_are_renewed_and_go():
    none, some = layout(manifest=False), layout(manifest=True)
    assert of_manifest(none, none, "", None, None) == ()
    assert of_manifest(some, some, "", "A", None) == ()
    (comes,) = of_manifest(none, none, "APP11", None, "Me")
    assert comes == Difference(Carrier.C2PA, "APP11", "C2PA manifest", None, "signed by Me")
    (renewed,) = of_manifest(some, some, "", "A", "Me")
    assert (renewed.location, renewed.old, renewed.new) == ("caBX", "signed by A", "signed by Me")
    (goes,) = of_manifest(some, none, "", None, None)
    assert (goes.old, goes.new) == ("signed by somebody else", None)
