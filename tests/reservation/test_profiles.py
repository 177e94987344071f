"""Profiles: what they say, how they extend each other, and errors that name key and line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mediaoptout.errors import ProfileError, UsageError
from mediaoptout.reservation import profiles
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Capacity, Holder, Role
from mediaoptout.reservation.profiles import load
from mediaoptout.vocabularies import prose
from mediaoptout.words import Permission, Use


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """No profile of whoever runs the tests is found."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))


def written(name: str, text: str) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return str(path)


def test_the_default():
    reservation = load()
    assert reservation.uses == {
        Use.DATA_MINING: Permission.RESERVED,
        Use.AI_TRAINING: Permission.RESERVED,
        Use.GENERATIVE_AI_TRAINING: Permission.RESERVED,
        Use.SEARCH: Permission.ALLOWED,
    }
    assert reservation.holders == ()
    assert reservation.legal_basis == ("Art. 4(3) Directive (EU) 2019/790",)
    assert [language for language, _ in reservation.texts] == ["en", "fr"]


FULL = """
title = "All of it"
[uses]
data_mining = "constrained"
ai_training = "reserved"
generative_ai_training = "reserved"
ai_inference = "reserved"
search = "allowed"
[holder]
name = "Example Records"
role = "phonogram producer"
identifiers = { isni = "0000000121032683", ipi = "00052210040" }
[capacity]
as = "licensee"
mandate = "under the agreement of 2020"
[basis]
articles = ["one", "two"]
[licence]
contact = "licences@example.org"
url = "https://example.org/licences"
[policy]
url = "https://example.org/policy.json"
[declaration]
date = 2025-03-11
reference = "ref-1"
[copyright]
notice = "© 2025 Example Records"
[texts]
languages = ["de", "en"]
en = "{holder} reserves {uses}{basis}; ask {contact}."
"""


def test_every_key():
    reservation = load(written("full.toml", FULL))
    assert reservation.permission(Use.DATA_MINING) is Permission.CONSTRAINED
    assert reservation.holders == (
        Holder(
            "Example Records",
            Role.PHONOGRAM_PRODUCER,
            (Identifier(Scheme.IPI, "00052210040"), Identifier(Scheme.ISNI, "0000000121032683")),
        ),
    )
    assert (reservation.capacity, reservation.mandate) == (
        Capacity.LICENSEE,
        "under the agreement of 2020",
    )
    assert reservation.legal_basis == ("one", "two")
    assert reservation.licence_contact == "licences@example.org"
    assert reservation.licence_url == reservation.contact == "https://example.org/licences"
    assert reservation.policy_url == "https://example.org/policy.json"
    assert (reservation.declared, reservation.reference) == (date(2025, 3, 11), "ref-1")
    assert reservation.copyright == "© 2025 Example Records"
    texts = dict(reservation.texts)
    assert list(texts) == ["de", "en"]
    assert "Example Records reserves" in texts["en"]
    assert "https://example.org/licences" in texts["en"]
    assert all("2025-03-11" in text and "ref-1" in text for text in texts.values())


def test_several_holders():
    text = 'extends = "eu-tdm"\n[[holder]]\nname = "A"\n[[holder]]\nname = "B"\nrole = "author"\n'
    reservation = load(written("two.toml", text))
    assert reservation.holders == (Holder("A"), Holder("B", Role.AUTHOR))
    assert "A, B expressly reserves" in reservation.texts[0][1]
    named = load("two.toml", ["holder.name=C"])
    assert [holder.name for holder in named.holders] == ["C", "B"]


@pytest.mark.parametrize("name", profiles.shipped())
def test_what_is_shipped(name: str):
    reservation = load(name, ["holder.name=Jane Doe"])
    assert all(reservation.permission(use).reserves for use in profiles.expected_uses(name))
    assert profiles.find(name).title
    for _, text in reservation.texts:
        assert prose.is_ours(text)
        assert prose.sentence(text)
        assert "Jane Doe" in text


@pytest.mark.parametrize("name", ["adami", "producers-fr"])
def test_a_name_that_is_not_yours_is_not_lent(name: str):
    with pytest.raises(ProfileError) as caught:
        load(name)
    assert caught.value.code == "holder-missing"
    assert "holder.name" in str(caught.value.fix)
    own = written("own.toml", f'extends = "{name}"\n[holder]\nname = "Jane Doe"\n')
    assert [holder.name for holder in load(own).holders] == ["Jane Doe"]
    assert profiles.expected_uses(name)


def test_a_profile_extends_another_key_by_key():
    written("label.toml", 'extends = "eu-tdm"\n[uses]\nsearch = "reserved"\n[holder]\nname = "L"\n')
    child = written("series/one.toml", 'extends = "../label.toml"\n[holder]\nrole = "author"\n')
    reservation = load(child)
    assert reservation.holders == (Holder("L", Role.AUTHOR),)
    assert reservation.permission(Use.SEARCH) is Permission.RESERVED
    assert reservation.permission(Use.DATA_MINING) is Permission.RESERVED


@pytest.mark.parametrize(
    "files",
    [
        {"a": "a"},
        {"a": "b", "b": "a"},
        {"a": "b", "b": "c", "c": "b"},
    ],
)
def test_a_circle_is_an_error(files: dict[str, str]):
    for name, parent in files.items():
        written(f"mediaoptout-profiles/{name}.toml", f'extends = "{parent}"\n')
    with pytest.raises(ProfileError, match="circle"):
        load("a")


def test_where_a_name_is_looked_for(tmp_path):
    text = 'extends = "eu-tdm"\n[holder]\nname = "{}"\n'
    with pytest.raises(ProfileError, match="there is no profile 'mine'"):
        load("mine")
    written(str(tmp_path / "config/profiles/mine.toml"), text.format("user"))
    assert load("mine").holders == (Holder("user"),)
    written("mediaoptout-profiles/mine.toml", text.format("project"))
    assert load("mine").holders == (Holder("project"),)
    assert [profile.name for profile in profiles.available()] == sorted(
        [*profiles.shipped(), "mine"]
    )


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ('titel = "x"\n', "'titel' is not known; did you mean 'title'?", 1),
        ("# a\ntitle = 5\n", "title must be a text, not 5", 2),
        ('[uses]\ndata_mining = "no"\n', "uses.data_mining must be one of: reserved", 2),
        ('[uses]\n\ndata_minning = "reserved"\n', "did you mean 'uses.data_mining'?", 3),
        ("[uses]\nsearch = true\n", "uses.search must be one of", 2),
        ('uses = "all"\n', "'uses' is not known", 1),
        ("[holder]\nname = []\n", "holder.name must be a text", 2),
        ('[holder]\nrole = "singer"\n', "holder.role must be one of: performer", 2),
        ("[holder]\nrequired = 1\n", "holder.required must be true or false", 2),
        ('[holder]\nidentifiers = "isni"\n', "holder.identifiers must be a table", 2),
        ("[holder.identifiers]\nisni = 5\n", "holder.identifiers must be a table", 1),
        ('[capacity]\nas = "boss"\n', "capacity.as must be one of: own name", 2),
        ('[basis]\narticles = "x"\n', "basis.articles must be a list of texts", 2),
        ("[basis]\narticles = [1]\n", "basis.articles must be a list of texts", 2),
        ('[declaration]\ndate = "2025-01-01"\n', "declaration.date must be a date", 2),
        ("[declaration]\ndate = 2025-01-01T10:00:00Z\n", "declaration.date must be a date", 2),
        ('[texts]\nlanguages = ["xx"]\n', "there are no texts in 'xx'", 2),
        ('[texts]\nlanguages = ["en"]\nen = "by {who}"\n', "placeholder {who}", 3),
        ('[texts]\nen = "by {holder!r}"\n', "placeholder {holder}", 2),
        ('[texts]\nen = "by {holder:9}"\n', "placeholder {holder}", 2),
        ('[texts]\nen = "by {"\n', "brace too many or too few", 2),
        ('[texts]\nit = "x"\n', "'texts.it' is not known", 2),
        ('[licence]\n"url" = 5\n', "licence.url must be a text", 2),
    ],
)
def test_an_error_names_key_and_line(text: str, key: str, line: int):
    path = written("wrong.toml", text)
    with pytest.raises(ProfileError) as caught:
        load(path)
    assert key in caught.value.message
    assert caught.value.at == f"{path}, line {line}"
    assert caught.value.at in caught.value.message
    assert caught.value.fix


@pytest.mark.parametrize("text", ["a = \n", "[uses\n", '[uses]\nsearch = "reserved"\nsearch = 1\n'])
def test_what_is_no_toml_names_the_line(text: str):
    with pytest.raises(ProfileError, match=r"no valid TOML.*line \d"):
        load(written("wrong.toml", text))


def test_what_cannot_be_read():
    for name in ("absent.toml", "./absent"):
        with pytest.raises(ProfileError, match="cannot be read"):
            load(name)
    Path("bytes.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(ProfileError, match="cannot be read"):
        load("bytes.toml")
    with pytest.raises(ProfileError, match="did you mean 'eu-tdm'"):
        load("eu-tmd")
    with pytest.raises(ProfileError, match="there is no profile 'gone'"):
        load(written("orphan.toml", 'extends = "gone"\n'))


def test_what_reserves_nothing():
    path = written("open.toml", '[uses]\ndata_mining = "allowed"\n')
    with pytest.raises(UsageError, match="reserves nothing"):
        load(path)
    with pytest.raises(ProfileError, match="reserves nothing"):
        profiles.expected_uses(path)


def test_settings_win():
    reservation = load(
        "eu-tdm",
        [
            "holder.name=Jane = Doe",
            "holder.role=author",
            "uses.search=reserved",
            "basis.articles=one; two",
            "declaration.date=2025-06-01",
            "licence.url=https://example.org/?a=b",
            "texts.languages=de",
            "holder.required=true",
        ],
    )
    assert reservation.holders == (Holder("Jane = Doe", Role.AUTHOR),)
    assert reservation.permission(Use.SEARCH) is Permission.RESERVED
    assert reservation.legal_basis == ("one", "two")
    assert reservation.declared == date(2025, 6, 1)
    assert reservation.licence_url == "https://example.org/?a=b"
    assert [language for language, _ in reservation.texts] == ["de"]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("holder.name", "is no key of a profile"),
        ("holder.nam=x", "did you mean 'holder.name'?"),
        ("=x", "is no key"),
        ("extends=adami", "is no key"),
        ("uses.search=maybe", "uses.search must be one of"),
        ("declaration.date=yesterday", "declaration.date"),
        ("holder.required=perhaps", "true or false"),
        ("holder.identifiers=isni", "a table of texts"),
        ("texts.en={who}", "placeholder {who}"),
        ("texts.languages=xx", "no texts in 'xx'"),
    ],
)
def test_a_wrong_setting(setting: str, message: str):
    with pytest.raises(ProfileError) as caught:
        load("eu-tdm", [setting])
    assert message in caught.value.message
    assert setting in caught.value.message


def test_a_new_profile_is_right(tmp_path):
    path = tmp_path / "ours.toml"
    profiles.write_new(path)
    assert load(str(path)).uses == load().uses
    filled = path.read_text("utf-8").replace("\n# ", "\n")
    filled = filled.replace("\nTake the # away", "\n# Take the # away")
    path.write_text(filled, "utf-8")
    reservation = load(str(path))
    assert reservation.holders[0].name == "Example Records"
    assert reservation.policy_url
    with pytest.raises(ProfileError, match="is there already"):
        profiles.write_new(path)
    with pytest.raises(ProfileError, match="cannot be written"):
        profiles.write_new(tmp_path / "absent" / "x.toml")
