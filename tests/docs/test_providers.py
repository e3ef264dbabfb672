"""docs/providers.md names the fields a person may have, and its examples are answers that the schema takes."""

from __future__ import annotations

import json

from config.processes import PROJECT
from prospecting.importing.fields import FIELDS
from prospecting.providers import protocol
from tests.docs.pages import blocks

PAGE = PROJECT / "docs" / "providers.md"


def test_every_field_of_a_person_is_named() -> None:
    assert [field for field in FIELDS if f"`{field}`" not in PAGE.read_text()] == []


def test_the_answer_it_shows_is_one_that_is_taken() -> None:
    _, answer = [json.loads(block.code) for block in blocks(PAGE) if block.language == "json"]
    assert protocol.fault("SearchAnswer", answer) == ""
    assert {"linkedinUrl", "companyDomain"} <= set(answer["people"][0])
