"""Policies: what they may say, how they extend each other, and how groups are judged."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaoptout import Severity, Use, embed, load_policy, verify
from mediaoptout.embedding import EmbedOptions
from mediaoptout.errors import PolicyError
from mediaoptout.verification import policy_files
from mediaoptout.verification.policy import default
from mediaoptout.verification.rules.registry import HOMES, RULES
from tests.conftest import SAMPLES


def made(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def found(path: Path, policy: Path) -> dict[str, str]:
    record = verify(path, policy=load_policy(str(policy)))
    return {item.rule: item.message for item in record.findings}


@pytest.fixture
def reserved(tmp_path: Path) -> Path:
    target = tmp_path / "rgb.png"
    embed(SAMPLES / "png/rgb.png", target, options=EmbedOptions(sign=False))
    return target


@pytest.mark.parametrize("name", policy_files.SHELF.shipped())
def test_every_shipped_policy_is_right(name: str):
    policy = load_policy(name)
    assert policy.title != name
    assert pickle.loads(pickle.dumps(policy)) == policy


def test_the_default_asks_what_verify_always_asked():
    assert {item.id for item in default().applied} == {
        "carrier-damaged",
        "container-unsupported",
        "credential-ancestor-broken",
        "credential-broken",
        "credential-expired",
        "credential-not-allowed",
        "credential-remote",
        "credential-revoked",
        "credential-too-wide",
        "credential-unchecked",
        "credential-untrusted",
        "extension-mismatch",
        "interrupted-change",
        "not-reserved",
        "oddity",
        "prose-only",
        "statements-conflict",
        "statements-differ",
        "structure-unsound",
        "uses-unreserved",
    }


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('titel = "x"', "'titel' is not known; did you mean 'title'?", 1),
        ("title = 1", "title must be a text", 1),
        ('[expect]\nuse = ["search"]', "'use' is not known; did you mean 'uses'?", 2),
        ('[expect]\nuses = ["serch"]', "no use 'serch'; did you mean 'search'?", 2),
        ("[expect]\nuses = []", "must be a list of uses", 2),
        ('[rules]\n\ncarrier-mising = "error"', "'carrier-mising'; did you mean 'carrier-miss", 3),
        ('[rules]\noddity = "fatal"', "must be one of error, warning, info, off, not 'fatal'", 2),
        ("[rules]\noddity = 3", "oddity must be a severity or a table", 2),
        ("[rules.size]\nat-leest = 3", "'at-leest' is not known; did you mean 'at-least'?", 2),
        ('[rules.size]\nat-least = "3"', "size: at-least must be a whole number, not '3'", 2),
        ("[rules.size]\nat-least = true", "size: at-least must be a whole number, not True", 2),
        (
            '[rules.carrier-missing]\ncarriers = ["xmpp"]',
            "carriers must be a list, each one of: x",
            2,
        ),
        ('[rules.name]\nregex = "("', "'(' is no regular expression", 1),
        ('[rules.container]\ncontainers = ["waw"]', "no format 'waw'; did you mean 'wav'?", 1),
        ('[rules.x]\ncheck = "fact"\nname = "audio.codek"', "did you mean 'audio.codec'?", 1),
        ('[rules.fact]\nname = "audio.codec"', "give each fact an id of its own", 1),
        ("[rules.credential-signer]\nsigners = []", "the list of signers is empty", 1),
        ('[rules.x]\nseverity = "error"', "there is no rule 'x'", 1),
        ("[rules.x]\nany = []", "any must be a list of conditions", 2),
        ("[rules.x]\nany = [3]", "a condition must be a table", 2),
        ('[rules.x]\nany = [{ check = "sise" }]', "no rule 'sise'; did you mean 'size'?", 2),
        ('[rules.x]\nany = [{ check = "size", all = [] }]', "needs one of all or any or not or", 2),
        ('[rules.x]\nnot = { check = "identifier-duplicate" }', "more than one file", 2),
        ('[rules.x]\nall = [{ check = "size" }]\nnone = 1', "'none' is not known", 3),
        ('[rules.oddity]\nwhen = { chek = "size" }', "needs one of", 2),
        ("[rules.oddity]\nmessage = 1", "message must be a text", 2),
        ('[rules.profile-differs]\nprofile = "eu-tmd"', "did you mean 'eu-tdm'?", 1),
        ("rules = 1", "rules must be a table", 1),
        ("x = ", "no valid TOML", None),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str, line):
    path = made(tmp_path, text)
    with pytest.raises(PolicyError) as raised:
        load_policy(str(path))
    assert message in raised.value.message
    assert str(path) in raised.value.message
    if line is not None:
        assert f"line {line})" in raised.value.message
        assert raised.value.fix


MARKS = [*"[]{}=\"'.,#\n \t", "x", "off", "any", "not", "check", "1e9", "[rules]", "\0", "é"]


@settings(deadline=None)
@given(
    name=st.sampled_from(policy_files.SHELF.shipped()),
    at=st.floats(0, 1, exclude_max=True),
    cut=st.integers(0, 40),
    put=st.lists(st.sampled_from(MARKS), max_size=6),
)
def test_a_policy_is_right_or_says_where_it_is_wrong(name, at, cut, put):
    text = policy_files.SHELF.find(name).text
    start = int(at * len(text))
    changed = text[:start] + "".join(put) + text[start + cut :]
    try:
        policy_files.made(policy_files.SHELF.parse("x", "x.toml", Path(), changed))
    except PolicyError as error:
        assert "x.toml" in error.message or "there is no policy" in error.message


def test_what_is_nested_too_deeply(tmp_path: Path):
    for text in ("x = " + "[" * 20_000, "[rules.x]\nnot = " + "{ not = " * 40 + "1" + " }" * 40):
        with pytest.raises(PolicyError):
            load_policy(str(made(tmp_path, text)))


def test_a_name_that_is_not_there():
    with pytest.raises(PolicyError, match="did you mean 'distribution'"):
        load_policy("distributon")


def test_rules_of_the_parent_are_kept_key_by_key(tmp_path: Path):
    made(
        tmp_path,
        """
        extends = "reserved"
        [expect]
        uses = ["data_mining"]
        [rules.size]
        severity = "warning"
        at-most = 10
        [rules.wide]
        check = "size"
        at-least = 1
        """,
        "parent.toml",
    )
    path = made(
        tmp_path,
        """
        extends = "./parent.toml"
        [rules]
        oddity = "off"
        size = "error"
        [rules.wide]
        not = { check = "size", at-least = 5 }
        """,
    )
    policy = load_policy(str(path))
    applied = {item.id: item for item in policy.applied}
    assert policy.expected == ("data_mining",)
    assert "oddity" not in applied and "not-reserved" in applied
    assert policy.off == {"oddity"}
    assert applied["size"].severity is Severity.ERROR
    assert str(applied["size"].condition) == "size (at-most = 10)"
    assert str(applied["wide"].condition) == "not size (at-least = 5)"


def test_a_circle_is_said(tmp_path: Path):
    made(tmp_path, 'extends = "./b.toml"', "a.toml")
    made(tmp_path, 'extends = "./a.toml"', "b.toml")
    with pytest.raises(PolicyError, match="in a circle"):
        load_policy(str(tmp_path / "a.toml"))


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ('check = "size"\nat-most = 100000', True),
        ('check = "size"\nat-most = 1', False),
        ('not = { check = "size", at-most = 1 }', True),
        ('not = { check = "size", at-least = 1 }', False),
        ('all = [{ check = "size", at-least = 1 }, { check = "name", like = "*.png" }]', True),
        ('all = [{ check = "size", at-least = 1 }, { check = "name", like = "*.jpg" }]', False),
        ('any = [{ check = "size", at-most = 1 }, { check = "name", like = ["*.png"] }]', True),
        ('any = [{ check = "size", at-most = 1 }, { check = "name", like = ["*.jpg"] }]', False),
        ('any = [{ all = [{ not = { check = "size", at-least = 1 } }] }]', False),
        ('check = "size"\nat-most = 1\nwhen = { check = "name", like = "*.jpg" }', True),
        ('check = "size"\nat-most = 1\nwhen = { check = "name", like = "*.png" }', False),
    ],
)
def test_groups(tmp_path: Path, reserved: Path, condition: str, fits: bool):
    policy = made(tmp_path, f"[rules.own]\n{condition}\n")
    assert ("own" not in found(reserved, policy)) is fits


def test_what_cannot_be_asked_is_neither_right_nor_wrong(tmp_path: Path):
    path = tmp_path / "sound.amr"
    path.write_bytes(b"#!AMR\n" + bytes(100))
    policy = made(
        tmp_path,
        """
        [rules.a]
        not = { check = "holder-missing" }
        [rules.b]
        any = [{ check = "holder-missing" }, { check = "size", at-most = 1 }]
        [rules.c]
        all = [{ check = "holder-missing" }, { check = "size", at-most = 1 }]
        """,
    )
    assert set(found(path, policy)) == {"c"}


def test_words_of_ones_own(tmp_path: Path, reserved: Path):
    policy = made(
        tmp_path,
        """
        [rules.small]
        check = "size"
        at-most = 1
        message = "too large for the archive"
        fix = "make it smaller"
        severity = "info"
        """,
    )
    record = verify(reserved, policy=load_policy(str(policy)))
    (finding,) = record.findings
    assert finding.rule == "small" and finding.severity is Severity.INFO
    assert finding.message.startswith("too large for the archive (the file has ")
    assert finding.fix == "make it smaller"


def test_the_policy_says_what_is_expected(tmp_path: Path, reserved: Path):
    policy = made(tmp_path, 'extends = "reserved"\n[expect]\nuses = ["ai_inference"]\n')
    assert "uses-unreserved" in found(reserved, policy)
    record = verify(reserved, policy=load_policy(str(policy)), expected=[Use.DATA_MINING])
    assert record.verdict == "reserved"


def test_every_rule_has_its_words():
    for rule in RULES.values():
        assert rule.title.endswith("."), rule.id
        assert rule.why.rstrip("`").endswith((".", ")")) or rule.id == "fact", rule.id
        assert not rule.fix.endswith("."), rule.id
        asked = (rule.check, rule.across, rule.companion)
        told = rule.id.startswith(("interrupted-", "against-", "catalogue-"))
        assert told or any(asked), rule.id


def test_every_finding_has_its_rule():
    import ast

    import mediaoptout.verification as room

    folder = Path(str(room.__file__)).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    assert first.value in RULES, (path.name, first.value)


def test_the_registry_knows_where_every_rule_is():
    from importlib import import_module

    for home, ids in HOMES.items():
        module = import_module(f"mediaoptout.verification.rules.{home}")
        assert tuple(rule.id for rule in module.RULES) == ids
