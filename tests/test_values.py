"""Values that are remembered by identity, and values that are pickled by the thousand."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import lru_cache

import pytest

from mediaoptout.credentials.credential import Credential
from mediaoptout.errors import ErrorInfo
from mediaoptout.memo import Same
from mediaoptout.records import EmbedRecord, Finding, Traits, VerifyRecord
from mediaoptout.vocabularies.statement import Meaning, Statement
from mediaoptout.words import Carrier, Permission, Severity, Status, Use, Verdict, Vocabulary

STATEMENT = Statement(
    Vocabulary.PLUS,
    Carrier.XMP,
    "APP1",
    "plus:DataMining",
    "x",
    Meaning({Use.SEARCH: Permission.ALLOWED}),
)
VALUES = [
    STATEMENT,
    Finding("rule", Severity.ERROR, "wrong", "mend it"),
    ErrorInfo("code", "message"),
    Credential(signer="somebody"),
    Traits(holders=("A",)),
    EmbedRecord(path="a", status=Status.WRITTEN, carriers=(Carrier.XMP,)),
    VerifyRecord(path="b", verdict=Verdict.RESERVED, statements=(STATEMENT,), size=3),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_is_pickled_comes_back_the_same(value):
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(value, protocol))
        assert back == value
        assert type(back) is type(value)
        assert replace(back) == value


def test_the_same_value_is_the_very_same():
    asked: list[tuple[int, ...]] = []

    @lru_cache(maxsize=8)
    def answer(value: Same[tuple[int, ...]]) -> int:
        asked.append(value.value)
        return sum(value.value)

    one, two = [1, 2], [1, 2]
    first, twin = tuple(one), tuple(two)
    assert first == twin
    assert [answer(Same(first)), answer(Same(first)), answer(Same(twin))] == [3, 3, 3]
    assert len(asked) == 2
