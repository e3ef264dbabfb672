"""People with names alike at one company."""

from __future__ import annotations

import pytest

from prospecting.importing import likeness
from prospecting.importing.likeness import Alike, Colleagues, Named


def test_of_many_colleagues_those_with_the_same_initials_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "_MANY", 2)
    colleagues = Colleagues([Named("1", "john smith", False), Named("2", "li wang", False)])
    jon = Named("3", "jon smith", False)
    few = list(colleagues.like(jon))
    colleagues.add(Named("4", "smith johnn", False))
    colleagues.add(Named("5", "lohn smith", False))  # no initials of his
    many = list(colleagues.like(jon))
    colleagues.add(Named("6", "jonn smith", False))
    assert few == [Alike("3", "1", 94)]
    assert {each.other for each in many} == {"1", "4"}
    assert {each.other for each in colleagues.like(jon)} == {"1", "4", "6"}
