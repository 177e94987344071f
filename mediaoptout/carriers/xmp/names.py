"""The names of XMP: which prefix stands for which namespace, whatever a packet calls it."""

from __future__ import annotations

from typing import Final

from mediaoptout.vocabularies.properties import NAMESPACES

SEPARATOR: Final = "\x1f"
"""Stands between namespace and local name; no XML document can contain it."""

RDF_URI: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META_URI: Final = "adobe:ns:meta/"
XML_LANG: Final = f"http://www.w3.org/XML/1998/namespace{SEPARATOR}lang"

RDF: Final = RDF_URI + SEPARATOR
ABOUT: Final = f"{RDF}about"
DESCRIPTION: Final = f"{RDF}Description"
NODE_ID: Final = f"{RDF}nodeID"
PARSE_TYPE: Final = f"{RDF}parseType"
RDF_ELEMENT: Final = f"{RDF}RDF"
RESOURCE: Final = f"{RDF}resource"
VALUE: Final = f"{RDF}value"
ALT: Final = f"{RDF}Alt"
ARRAYS: Final = frozenset({ALT, f"{RDF}Bag", f"{RDF}Seq"})

PREFIXES: Final[dict[str, str]] = {
    **NAMESPACES,
    "rdf": RDF_URI,
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpBJ": "http://ns.adobe.com/xap/1.0/bj/",
    "xmpTPg": "http://ns.adobe.com/xap/1.0/t/pg/",
    "xmpG": "http://ns.adobe.com/xap/1.0/g/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "dcterms": "http://purl.org/dc/terms/",
    "rsl": "https://rslstandard.org/rsl",
    "cc": "http://creativecommons.org/ns#",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "GContainer": "http://ns.google.com/photos/1.0/container/",
    "GDepth": "http://ns.google.com/photos/1.0/depthmap/",
    "GImage": "http://ns.google.com/photos/1.0/image/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
}
"""The prefixes that names are given here (standards section 1.1, and what cameras write)."""


def _bare(uri: str) -> str:
    """A namespace without what people get wrong: the scheme's ``s``, the last ``/`` or ``#``."""
    return uri.replace("https://", "http://", 1).rstrip("/#")


_KNOWN: Final = {_bare(uri): prefix for prefix, uri in PREFIXES.items()}


def qualified(name: str) -> str:
    """A parsed name with our prefix: ``dc:rights``; ``{uri}name`` where the namespace is unknown.

    TDMRep exists under a namespace with a slash and one with a hash; both are ``tdm``.
    """
    uri, _, local = name.rpartition(SEPARATOR)
    prefix = _KNOWN.get(_bare(uri))
    return f"{prefix}:{local}" if prefix else f"{{{uri}}}{local}"


def parsed(name: str) -> str:
    """A qualified name as the parser gives it: the namespace in full.

    Raises:
        KeyError: the prefix is not one of `PREFIXES`.
    """
    prefix, _, local = name.partition(":")
    return f"{PREFIXES[prefix]}{SEPARATOR}{local}"
