"""Profiles: what they say, how they extend each other, and errors that name key and line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mediaoptout.errors import ProfileError, UsageError
from mediaoptout.reservation import profiles
from mediaoptout.reservation.delivery import EVERYTHING
from mediaoptout.reservation.identifiers import Identifier, Scheme
from mediaoptout.reservation.model import Capacity, Holder, Licence, Role
from mediaoptout.reservation.profiles import load
from mediaoptout.vocabularies import prose
from mediaoptout.words import Carrier, Permission, Use, Vocabulary


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
    assert reservation.legal_basis == ("eu-tdm",)
    assert "Art. 4(3) Directive (EU) 2019/790" in reservation.texts[0][1]
    assert "art. 4(3) de la directive (UE) 2019/790" in reservation.texts[1][1]
    assert [language for language, _ in reservation.texts] == ["en", "fr"]


FULL = """
title = "All of it"
[uses]
data_mining = "constrained"
ai_training = "reserved"
generative_ai_training = "reserved"
ai_inference = "reserved"
search = "allowed"
[[holder]]
name = "Example Records"
role = "phonogram producer"
identifiers = { isni = "0000 0001 2103 2683" }
ipi = "52210040"
[[holder]]
name = "Jane Doe"
ipn = "123456"
[declarant]
name = "Example Society"
role = "collecting society"
isni = "000000012281955X"
[[work]]
title = "A Song"
artist = "Jane Doe"
isrc = "FR-Z03-98-00212"
iswc = "T-034.524.680-1"
[[work]]
title = "Another"
identifiers = { gtin = "036000291452", catalogue-number = "EX 1" }
[capacity]
as = "representative"
of = "its members"
mandate = { de = "laut Vertrag", en = "under the mandate of 2020" }
reserve = "rights already assigned"
[basis]
articles = ["eu-tdm", "de-tdm", "our own words"]
[licence]
contact = "licences@example.org"
url = "https://example.org/licences"
[[licence.granted]]
licensee = "Example Lab"
uses = ["ai_training"]
until = 2027-12-31
reference = "L-7"
[policy]
url = "https://example.org/policy.json"
[declaration]
date = 2025-03-11
reference = "ref-1"
supersedes = 2024-01-02
[copyright]
notice = "© 2025 Example Records"
[texts]
languages = ["de", "en"]
en = "{holder} {reserves} {uses}{basis}; ask {contact}."
[notices]
de = "{holder}: nein zum Text und Data Mining{contact}."
[delivery]
profile = "conservative"
vocabularies = ["plus", "rights"]
prose = false
id3_version = 4
"""


def test_every_key():
    path = written("full.toml", FULL)
    reservation = load(path)
    assert reservation.permission(Use.DATA_MINING) is Permission.CONSTRAINED
    assert reservation.permission(Use.AI_TRAINING) is Permission.CONSTRAINED
    assert reservation.permission(Use.GENERATIVE_AI_TRAINING) is Permission.RESERVED
    assert reservation.holders == (
        Holder(
            "Example Records",
            Role.PHONOGRAM_PRODUCER,
            (Identifier(Scheme.IPI, "00052210040"), Identifier(Scheme.ISNI, "0000000121032683")),
        ),
        Holder("Jane Doe", None, (Identifier(Scheme.IPN, "123456"),)),
    )
    assert reservation.declarant == Holder(
        "Example Society",
        Role.COLLECTING_SOCIETY,
        (Identifier(Scheme.ISNI, "000000012281955X"),),
    )
    song, other = reservation.works
    assert (song.title, song.artist) == ("A Song", "Jane Doe")
    assert [str(item) for item in song.identifiers] == [
        "ISRC FR-Z03-98-00212",
        "ISWC T-034.524.680-1",
    ]
    assert [item.value for item in other.identifiers] == ["EX 1", "036000291452"]
    assert (reservation.capacity, reservation.represented, reservation.mandate) == (
        Capacity.REPRESENTATIVE,
        "its members",
        "laut Vertrag",
    )
    assert reservation.reserve == "rights already assigned"
    assert reservation.legal_basis == ("eu-tdm", "de-tdm", "our own words")
    assert reservation.licence_contact == "licences@example.org"
    assert reservation.licence_url == reservation.contact == "https://example.org/licences"
    assert reservation.licences == (
        Licence("Example Lab", (Use.AI_TRAINING,), date(2027, 12, 31), "L-7"),
    )
    assert reservation.policy_url == "https://example.org/policy.json"
    assert (reservation.declared, reservation.reference) == (date(2025, 3, 11), "ref-1")
    assert (reservation.supersedes, reservation.withdrawn) == ("2024-01-02", None)
    assert reservation.copyright == "© 2025 Example Records"
    texts = dict(reservation.texts)
    assert list(texts) == ["de", "en"]
    assert "ISNI 0000 0001 2103 2683) and Jane Doe (IPN 123456) reserve text" in texts["en"]
    assert "https://example.org/licences" in texts["en"]
    assert "Replaces the declaration of 2 January 2024." in texts["en"]
    assert "granted to Example Lab for the training of" in texts["en"]
    assert " until 31 December 2027 (ref. L-7)." in texts["en"]
    assert (
        "Example Society (Verwertungsgesellschaft, ISNI 0000 0001 2281 955X), im Namen von"
        in (texts["de"])
    )
    assert "laut Vertrag" in texts["de"] and "§ 44b Abs. 3 UrhG; our own words" in texts["de"]
    assert "„A Song“, Jane Doe, ISRC FR-Z03-98-00212" in texts["de"]
    assert all("2025-03-11" in text and "ref-1" in text for text in texts.values())
    assert "nein zum Text und Data Mining" in dict(reservation.notices)["de"]
    narrow = profiles.delivery(path)
    assert not narrow.sign and not narrow.prose and narrow.id3_version == 4
    assert (
        narrow.vocabularies == frozenset({Vocabulary.PLUS, Vocabulary.RIGHTS})
        and narrow.carriers is None
    )


def test_a_delivery_from_the_command_line():
    settings = ["delivery.profile=archive-bwf", "delivery.carriers=xmp; id3", "delivery.sign=true"]
    chosen = profiles.delivery("eu-tdm", settings)
    assert (
        chosen.carriers == frozenset({Carrier.XMP, Carrier.ID3})
        and chosen.sign
        and not chosen.id3_chunks
    )
    assert profiles.delivery("eu-tdm") == EVERYTHING


def test_several_holders():
    text = 'extends = "eu-tdm"\n[[holder]]\nname = "A"\n[[holder]]\nname = "B"\nrole = "author"\n'
    reservation = load(written("two.toml", text))
    assert reservation.holders == (Holder("A"), Holder("B", Role.AUTHOR))
    assert "A and B (author) expressly reserve " in reservation.texts[0][1]
    named = load("two.toml", ["holder.name=C"])
    assert [holder.name for holder in named.holders] == ["C", "B"]


def test_rows_take_what_their_parents_table_says():
    text = 'extends = "performer-fr"\n[[holder]]\nname = "A"\n[[holder]]\nname = "B"\n'
    roles = {holder.role for holder in load(written("band.toml", text)).holders}
    assert roles == {Role.PERFORMER}


@pytest.mark.parametrize("name", profiles.shipped())
def test_what_is_shipped(name: str):
    reservation = load(name, settings_for(name))
    assert all(reservation.permission(use).reserves for use in profiles.expected_uses(name))
    assert Use.SEARCH not in profiles.expected_uses(name)
    assert profiles.find(name).title
    for _, text in reservation.texts:
        assert prose.is_ours(text)
        assert prose.sentence(text)
        assert "Jane Doe" in text


def settings_for(name: str) -> list[str]:
    """What a shipped profile must be told."""
    policy = ["policy.url=https://example.org/p.json"] if name == "licensable" else []
    return ["holder.name=Jane Doe", *policy]


def test_a_licensable_reservation_needs_a_policy():
    with pytest.raises(ProfileError) as caught:
        load("licensable")
    assert caught.value.code == "policy-missing"


@pytest.mark.parametrize("name", ["adami", "producers-fr", "performer-fr"])
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
        ('uses = "all"\n', "uses must be a table, written [uses], not 'all'", 1),
        ('title = "a"\nholder = "A"\n', "written [holder] or [[holder]], not 'A'", 2),
        ("[[declarant]]\nname = 'x'\n", "declarant must be a table", 1),
        ("[licence]\ngranted = 'x'\n", "written [licence.granted] or [[licence.granted]]", 2),
        ("[texts]\nlanguages = []\n", "texts.languages names no language", 2),
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
        ('[texts]\npt = "x"\n', "'texts.pt' is not known", 2),
        ('[notices]\nen = "{who}"\n', "placeholder {who}", 2),
        ('[holder]\n\nisni = "0000 0001 2103 2684"\n', "should be 3, not 4", 3),
        ('[holder]\nidentifiers = { isni = "1" }\n', "is no ISNI", 2),
        ('[holder.identifiers]\nipi = "00052210040"\nisni = "1"\n', "is no ISNI", 3),
        ('[holder.identifiers]\nisrc = "1"\n', "holder has no identifier 'isrc'", 2),
        ('[[holder]]\nname = "A"\nipn = "1"\n[[holder]]\nipn = "x"\n', "IPN 'x'", 5),
        ('[[work]]\ntitle = "A"\n[[work]]\n# no\nisrc = "FR"\n', "is no ISRC", 5),
        ("work.isrc = 'FR'\n", "is no ISRC", 1),
        ("work = { isrc = 'FR' }\n", "is no ISRC", 1),
        ("[work]\nisni = '0000000121032683'\n", "'work.isni' is not known", 2),
        ('[basis]\narticles = ["eu-tmd"]\n', "did you mean 'eu-tdm'?", 2),
        ('[basis]\narticles = [" "]\n', "an article is empty", 2),
        ('[licence]\nurl = "example.org"\n', "licence.url must be https://…", 2),
        ('[policy]\nurl = "ftp://x"\n', "policy.url must be https://…", 2),
        ('[licence]\ncontact = "nobody"\n', "licence.contact must be an e-mail address", 2),
        ('[[licence.granted]]\nlicensee = "L"\nuses = ["mining"]\n', "no use 'mining'", 3),
        ('[[licence.granted]]\nuntil = "x"\n', "licence.granted.until must be a date", 2),
        ("[capacity]\nmandate = { xx = 'x' }\n", "there are no texts in 'xx'", 2),
        ("[capacity.mandate]\nen = 'x'\nxx = 'x'\n", "there are no texts in 'xx'", 3),
        ("[capacity]\nreserve = 5\n", "capacity.reserve must be a text, or a table", 2),
        ("[declaration]\nsupersedes = 5\n", "must be a reference or a date", 2),
        ("[delivery]\nprofile = 'all'\n", "one of: everything, conservative, archive-bwf", 2),
        ("[delivery]\ncarriers = ['xmpp']\n", "did you mean 'xmp'?", 2),
        ("[delivery]\nvocabularies = ['iptc']\n", "there is no vocabulary 'iptc'", 2),
        ("[delivery]\nid3_version = 2\n", "must be one of: 3, 4", 2),
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
        ("licence.granted.licensee=Lab", "is no key"),
        ("holder.isni=0000000121032684", "should be 3, not 4"),
        ("holder.name=Jane\x1b[2J", "holder.name has characters that cannot be printed"),
        ("work.title=A\nB", "work.title has characters that cannot be printed"),
        ("delivery.id3_version=three", "must be a number"),
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
    assert setting in caught.value.message or repr(setting) in caught.value.message


def test_a_new_profile_is_right(tmp_path):
    path = tmp_path / "ours.toml"
    profiles.write_new(path)
    assert load(str(path)).uses == load().uses
    with pytest.raises(ProfileError, match="is there already"):
        profiles.write_new(path)
    with pytest.raises(ProfileError, match="cannot be written"):
        profiles.write_new(tmp_path / "absent" / "x.toml")
