"""Rules about copies that came back: asked with ``--against``, whatever the policy."""

from __future__ import annotations

from typing import Any, Final

from mediaoptout.verification.rules.rule import EMBED, Group, Rule
from mediaoptout.words import Severity

RULES: Final[tuple[Rule[Any], ...]] = (
    Rule(
        "against-carriers-lost",
        Group.AGAINST,
        "Carriers that reserve in the master no longer do in the copy.",
        Severity.WARNING,
        None,
        "A platform or a transcode dropped a packet, the tags or the manifest. Carriers count that"
        " reserve something; what the copy says otherwise is in its own findings.",
        f"{EMBED} again, and tell the platform what it drops",
    ),
    Rule(
        "against-carriers-kept",
        Group.AGAINST,
        "Every carrier that reserves in the master still does in the copy.",
        Severity.INFO,
        None,
        "Nothing was dropped on the way.",
        "nothing needs to be done",
    ),
    Rule(
        "against-same",
        Group.AGAINST,
        "The essence of the copy is that of the master.",
        Severity.INFO,
        None,
        "The sound or picture has the same bytes, in whatever container; or a FLAC states the MD5"
        " of the master's samples.",
        "nothing needs to be done",
    ),
    Rule(
        "against-re-encoded",
        Group.AGAINST,
        "The copy is likely the master's work, encoded anew.",
        Severity.WARNING,
        None,
        "The bytes differ, and the duration (for still pictures the shape) is the same. Nothing is"
        " decoded and listened to, so this is likely and not certain. A signature of the master"
        " cannot hold for it.",
        "embed and sign the copy, if it is yours to hand on",
    ),
    Rule(
        "against-other",
        Group.AGAINST,
        "The copy is likely another work than the master.",
        Severity.ERROR,
        None,
        "It lasts longer or shorter, or its picture has another shape: an edit, an excerpt, or a"
        " file under a wrong name.",
        "compare the two, and correct the name or the identifier",
    ),
    Rule(
        "against-changed",
        Group.AGAINST,
        "The essence of the copy is not that of the master, and no more can be told.",
        Severity.WARNING,
        None,
        "MediaInfo is not installed, or does not know the kind of file.",
        "compare the two by ear or eye",
    ),
    Rule(
        "against-unmatched",
        Group.AGAINST,
        "There is no master for the file.",
        Severity.WARNING,
        None,
        "Masters are matched by their path below the folder, then by their name without its"
        " ending, then by an identifier that both carry.",
        "name the copy after its master, or name the right folder",
    ),
    Rule(
        "against-ambiguous",
        Group.AGAINST,
        "Several masters could be the one of the file.",
        Severity.WARNING,
        None,
        "They have the same name in different folders, or the same identifier; none was compared.",
        "keep the tree of folders of the masters in the copies",
    ),
)
