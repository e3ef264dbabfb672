"""The OSCAL document, judged by the models of compliance-trestle."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from trestle.oscal.assessment_results import Model

from accounts.requester import Requester
from compliance.actions.reviews import review_violation
from compliance.enums import ReviewStatus
from compliance.exports import oscal
from compliance.models import Export
from tests.compliance.exports.conftest import Scanned
from tests.contract.ledgers import BIG, OFTEN

pytestmark = pytest.mark.django_db
Exported = Callable[..., Export]
LAW = {**BIG, "policy_section": "31 CFR § 1010.311"}


def content(export: Export) -> bytes:
    with default_storage.open(export.file) as file:
        return bytes(file.read())


def valid(export: Export) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(content(export))
    Model.model_validate(document)
    return document["assessment-results"]  # type: ignore[no-any-return]


def test_a_scan_is_a_valid_assessment_result(scanned: Scanned, exported: Exported, by: Requester) -> None:
    scan = scanned("A", "A", "  b\u00e4d\u200b  name ", "東京", rules=(LAW, OFTEN))
    violation = scan.violations.get(rule_id="BIG", account="A")
    review_violation(violation=violation, by=by, status=ReviewStatus.FALSE_POSITIVE, note="seen\nagain")
    scan.refresh_from_db()
    document = valid(exported(scan, "oscal"))
    (result,) = document["results"]
    assert result["start"] <= result["end"]
    (selection,) = result["reviewed-controls"]["control-selections"]
    assert [control["control-id"] for control in selection["include-controls"]] == ["OFTEN", "s-31-CFR-1010.311"]
    assert len(result["observations"]) == 2 + scan.violation_count
    assert len(result["findings"]) == scan.violation_count
    states = {finding["props"][0]["value"]: finding["target"]["status"]["state"] for finding in result["findings"]}
    assert states == {"pending": "not-satisfied", "false_positive": "satisfied"}
    known = {observation["uuid"] for observation in result["observations"]}
    for finding in result["findings"]:
        assert {each["observation-uuid"] for each in finding["related-observations"]} <= known
    props = {prop["name"]: prop["value"] for prop in result["props"]}
    assert props["score"] == str(scan.score).rstrip("0").rstrip(".")
    assert props["result-digest"] == scan.result_digest
    ids = [each["uuid"] for each in result["observations"] + result["findings"]]
    assert len(set(ids)) == len(ids)
    assert {uuid.UUID(each).version for each in ids} == {5}


def test_the_same_scan_gives_the_same_document(scanned: Scanned, exported: Exported) -> None:
    scan = scanned("A")
    first = content(exported(scan, "oscal"))
    Export.objects.filter(scan=scan).delete()
    assert content(exported(scan, "oscal")) == first


def test_without_violations_it_is_valid_and_has_no_findings(scanned: Scanned, exported: Exported) -> None:
    assert "findings" not in valid(exported(scanned(), "oscal"))["results"][0]


def test_a_bounded_document_says_of_how_many(
    scanned: Scanned, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oscal, "MOST_FINDINGS", 2)
    (result,) = valid(exported(scanned(*"ABCD"), "oscal"))["results"]
    assert len(result["findings"]) == 2
    assert "The first 2 of 4 violations." in result["description"]


@pytest.mark.parametrize("text", ["", " ", "1a", "ä § ö", "a b", "\n", "x" * 500, "-", ".a"])
def test_any_text_becomes_a_token(text: str) -> None:
    assert oscal._token(text)[0].isalpha()
