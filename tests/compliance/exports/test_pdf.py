"""The PDF report, read back."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from accounts.requester import Requester
from compliance.actions.reviews import review_violation
from compliance.enums import ReviewStatus
from compliance.exports.pdf_chart import MOST_POINTS, score_chart
from compliance.exports.pdf_text import MISSING, PLAIN, Writer
from compliance.models import Export
from tests.compliance.exports.conftest import Scanned
from tests.contract.ledgers import BIG, OFTEN

pytestmark = pytest.mark.django_db
Exported = Callable[..., Export]
IDLE = {**BIG, "rule_id": "IDLE", "name": "Idle", "where": {"field": "country", "operator": "==", "value": "X"}}


def content(export: Export) -> bytes:
    with default_storage.open(export.file) as file:
        return bytes(file.read())


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_the_report_says_what_was_found_and_on_what_it_ran(scanned: Scanned, exported: Exported, by: Requester) -> None:
    rules, name = (BIG, OFTEN, IDLE), "Аудит № 1 – Größe"
    scan = scanned("A", "A", "Łódź", "Αθήνα", "Москва", rules=rules, audit_name=name)
    review_violation(violation=scan.violations.get(account="Москва"), by=by, status=ReviewStatus.FALSE_POSITIVE)
    scan.refresh_from_db()
    text = text_of(content(exported(scan, "pdf")))
    for words in (
        "Аудит № 1 – Größe", "Łódź", "Αθήνα", f"{scan.score} of 100", f"N = {scan.record_count}", "W = 3.25",
        "BIG: Big", "OFTEN: Often", "not_applicable", "country", "4 of 5: the heaviest", "False positive",
        "file.csv", scan.upload.sha256, scan.policy_version.content_hash, scan.result_digest, scan.engine,
        "account = Account", "no previous scan", f"Scan {scan.pk}", "Page 1", "after each of 2 steps",
    ):  # fmt: skip
        assert words in text, words
    assert MISSING not in text


def test_the_same_scan_gives_the_same_bytes(scanned: Scanned, exported: Exported) -> None:
    scan = scanned("A", "B")
    first = content(exported(scan, "pdf"))
    Export.objects.filter(scan=scan).delete()
    assert content(exported(scan, "pdf")) == first
    about = PdfReader(io.BytesIO(first)).metadata
    assert about is not None
    assert (about.title, about.author) == ("Compliance scan: Audit", "Scanward")


def test_what_the_font_lacks_is_marked_and_told(scanned: Scanned, exported: Exported) -> None:
    scan = scanned("東京", "x" * 3_000, "<b>&amp;", "e\u0301\u200b")
    text = text_of(content(exported(scan, "pdf")))
    assert MISSING * 2 in text
    assert "report lacks" in text
    assert "<b>&amp;" in text


def test_many_violations_are_bounded_and_pages_are_numbered(scanned: Scanned, exported: Exported) -> None:
    rules = [{**BIG, "rule_id": f"R{number:02}", "name": f"Rule {number}"} for number in range(40)]
    scan = scanned(*(f"A{number}" for number in range(5)), rules=rules)
    pdf = content(exported(scan, "pdf"))
    text = text_of(pdf)
    assert "25 of 200: the heaviest" in text
    pages = len(PdfReader(io.BytesIO(pdf)).pages)
    assert pages > 1
    assert f"Page {pages}" in text


def test_a_scan_without_violations_has_a_report(scanned: Scanned, exported: Exported) -> None:
    assert "None that counts" in text_of(content(exported(scanned(), "pdf")))


@pytest.mark.parametrize("scores", [[100.0], [0.0], [0.0, 0.0], [50.0, 100.0], [float(n % 100) for n in range(5_000)]])
def test_any_history_can_be_drawn(scores: list[float]) -> None:
    drawing: Any = score_chart(scores, 400)
    assert len(drawing.contents) < 3 * MOST_POINTS


def test_any_character_is_shown_or_marked() -> None:
    writer = Writer()
    glyphs = pdfmetrics.getFont(PLAIN).face.charToGlyph
    marked = 0
    for start in range(0, 0x110000, 0x100):
        if not 0xD800 <= start < 0xE000:
            block = "".join(map(chr, range(start, start + 0x100)))
            wanted = " ".join(block.split())
            drawn = "".join(piece.text for piece in writer.paragraph(block, most=300).frags)
            shown = "".join(each if ord(each) in glyphs else MISSING for each in wanted)
            # A paragraph drops what breaks lines without being seen.
            assert drawn == shown.replace("\u200b", ""), hex(start)
            marked += drawn.count(MISSING)
    assert {"\N{LATIN SMALL LETTER A}", "\N{GREEK SMALL LETTER OMEGA}", "\N{CYRILLIC SMALL LETTER YA}", MISSING} <= {
        chr(each) for each in glyphs
    }
    assert (writer.lacked, marked > 1_000_000) == (True, True)
