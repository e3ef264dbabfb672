"""The report of a scan as PDF: what was found, how the score came about, on what it ran. Same scan, same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer, Table

from compliance.enums import ReviewStatus, Severity
from compliance.exports.material import Material
from compliance.exports.pdf_chart import score_chart, severity_bars
from compliance.exports.pdf_text import BOLD, INK, LINE, PALE, PLAIN, QUIET, Writer
from compliance.exports.rows import top_of
from compliance.exports.summary import delta_of, results_of, score_words
from compliance.models import Waiver
from compliance.written import plain, time

TOP = 25
"""Violations in the report; it says of how many."""
WAIVERS = 20
LACKED = (
    "Characters that the font of this report lacks (Chinese, Japanese, Korean among them) are shown as \ufffd. "
    "The CSV and JSON exports have every text as it was."
)
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN - 12  # a frame keeps 6 points on both sides
_GRID: list[Any] = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
]  # fmt: skip
_HEAD: list[Any] = [*_GRID, ("BACKGROUND", (0, 0), (-1, 0), PALE)]


def write(material: Material, target: Path) -> None:
    """Write the report to `target`."""
    report = _Report(material)
    name = material.scan.audit_name or material.scan.policy.name
    document = SimpleDocTemplate(
        str(target), pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=20 * mm,
        title=f"Compliance scan: {name}", author="Scanward", subject=f"Scan {material.scan.pk}", creator="Scanward",
        invariant=1,
    )  # fmt: skip
    footer = _Footer(f"Scan {material.scan.pk}   {report.completed}")
    document.build(report.story(), onFirstPage=footer, onLaterPages=footer)


class _Footer:
    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(PLAIN, 7)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 11 * mm, self.words)
        canvas.drawRightString(A4[0] - MARGIN, 11 * mm, f"Page {document.page}")
        canvas.restoreState()


class _Report:
    """The parts of the report, from top to bottom."""

    def __init__(self, material: Material) -> None:
        self.material, self.scan, self.writer = material, material.scan, Writer()
        self.completed = time(material.completed_at) or ""

    def story(self) -> list[Any]:
        parts = [
            *self._opening(), *self._score(), *self._rules(), *self._severities(), *self._violations(),
            *self._reviews(), *self._inputs(),
        ]  # fmt: skip
        if self.writer.lacked:
            parts.append(self.writer.paragraph(LACKED, "quiet"))
        return parts

    def _opening(self) -> list[Any]:
        scan = self.scan
        about = f"Policy {scan.policy.name}, version {scan.policy_version.number}. Completed {self.completed}."
        score = Table(
            [[plain(scan.score or 0), self._changes()]], colWidths=[48 * mm, WIDTH - 48 * mm],
            style=[
                ("FONT", (0, 0), (0, 0), BOLD, 40), ("TEXTCOLOR", (0, 0), (0, 0), INK),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (0, 0), 0), ("BOTTOMPADDING", (0, 0), (0, 0), 18),
            ],
        )  # fmt: skip
        return [
            self.writer.paragraph(scan.audit_name or "Compliance scan", "title", 150),
            self.writer.paragraph(about, "quiet"),
            Spacer(1, 6),
            score,
        ]

    def _changes(self) -> Any:
        scan = self.scan
        facts: list[tuple[str, Any]] = [
            ("Score", f"{scan.score} of 100"), ("Violations", scan.violation_count), ("Records", scan.record_count),
            ("Coverage", f"{scan.coverage} of all rule x record pairs could be evaluated"), *delta_of(scan),
        ]  # fmt: skip
        return self._facts(facts, 38 * mm, WIDTH - 48 * mm - 6)

    def _score(self) -> list[Any]:
        scores = [float(event.score) for event in self.material.history]
        words = f"The score after each of {len(scores):,} steps: the scan, then every decision."
        return [
            self._h2("Score"),
            self.writer.paragraph(score_words(self.scan), most=600),
            Spacer(1, 6),
            KeepTogether([
                self.writer.paragraph(words, "quiet"),
                score_chart(scores, WIDTH),
            ]),
        ]  # fmt: skip

    def _rules(self) -> list[Any]:
        head = ("Rule", "Severity", "State", "Findings", "Violations", "Evaluated", "Not evaluated")
        lines = []
        for result in results_of(self.scan):
            reason = f" ({result['reason']})" if result["reason"] else ""
            lines.append((
                f"{result['rule_id']}: {result['name']}", result["severity"], f"{result['state'] or '-'}{reason}",
                *(self._number(result[name]) for name in ("findings", "violations", "evaluated", "not_evaluated")),
            ))  # fmt: skip
        widths = [56 * mm, 19 * mm, 33 * mm, *[(WIDTH - 108 * mm) / 4] * 4]
        return [self._h2("Rules"), self._table(head, lines, widths, numbers=4)]

    def _severities(self) -> list[Any]:
        counts = [(word, self.scan.severity_counts.get(word, 0)) for word in Severity.values]
        return [KeepTogether([self._h2("Violations by severity"), severity_bars(counts, WIDTH * 0.7)])]

    def _violations(self) -> list[Any]:
        total, rows = self.scan.violation_count, list(top_of(self.scan, TOP))
        if not rows:
            return [self._h2("Violations"), self.writer.paragraph("None that counts in the score.")]
        shown = f"{len(rows)} of {total:,}: the heaviest of those that count in the score."
        head = ("Rule", "Severity", "Account", "Status", "Since", "Findings", "Amount")
        lines = [
            (
                f"{row['rule_id']}: {row['rule_name']}", row["severity"], self.writer.shown(row["account"], 60),
                row["status"], row["delta"], self._number(row["finding_count"]), self._number(row["amount"]),
            )
            for row in rows
        ]  # fmt: skip
        widths = [52 * mm, 19 * mm, 33 * mm, 21 * mm, 19 * mm, *[(WIDTH - 144 * mm) / 2] * 2]
        table = self._table(head, lines, widths, numbers=2)
        return [self._h2("Violations"), self.writer.paragraph(shown, "quiet"), table]

    def _reviews(self) -> list[Any]:
        scan = self.scan
        labels = {word: word.replace("_", " ").capitalize() for word in ReviewStatus.values}
        counts = [(label, scan.review_counts.get(word, 0)) for word, label in labels.items()]
        parts = [self._h2("Reviews and waivers"), self._facts([*counts, ("Waived", scan.waived_count)], 38 * mm, WIDTH)]
        waivers = Waiver.objects.filter(violations__in=scan.violations.of_scan(scan)).distinct().order_by("pk")
        lines = [
            (str(waiver), waiver.reason, waiver.owner, time(waiver.expires_at) or "never")
            for waiver in waivers[:WAIVERS]
        ]
        if lines:
            widths = [46 * mm, WIDTH - 116 * mm, 35 * mm, 35 * mm]
            parts += [Spacer(1, 6), self._table(("Waiver", "Reason", "Owner", "Until"), lines, widths)]
        if waivers.count() > WAIVERS:
            parts.append(self.writer.paragraph(f"{WAIVERS} of {waivers.count():,} waivers.", "quiet"))
        return parts

    def _inputs(self) -> list[Any]:
        scan, upload = self.scan, self.scan.upload
        facts: list[tuple[str, Any]] = [
            ("File", upload.name), ("SHA-256", upload.sha256), ("Bytes", upload.size), ("Records", scan.record_count),
            ("Rows set aside", upload.rejected_rows),
            ("Mapping", ", ".join(f"{name} = {column}" for name, column in scan.mapping_config.items())),
            ("Temporal scale", scan.temporal_scale), ("Time zone", scan.time_zone),
            ("Policy version", f"{scan.policy_version.number}, SHA-256 {scan.policy_version.content_hash}"),
            *((f"List {name}", f"version {known['version']}, SHA-256 {known['sha256']}")
              for name, known in sorted(scan.list_versions.items())),
            *(("Context upload", upload_id) for upload_id in scan.context_uploads),
            ("Engine", scan.engine), ("Result digest", scan.result_digest),
        ]  # fmt: skip
        return [self._h2("What was scanned"), self._facts(facts, 38 * mm, WIDTH)]

    def _h2(self, text: str) -> Any:
        return self.writer.paragraph(text, "h2")

    def _number(self, value: Any) -> str:
        return "-" if value is None else f"{value:,f}".rstrip("0").rstrip(".") if "." in str(value) else f"{value:,}"

    def _facts(self, facts: Iterable[tuple[str, Any]], first: float, width: float) -> Any:
        texts = [(name, self._number(value) if isinstance(value, int) else value) for name, value in facts]
        lines = [[self.writer.paragraph(name, "head", 60), self.writer.paragraph(text, "cell")] for name, text in texts]
        return Table(lines, colWidths=[first, width - first], style=_GRID)

    def _table(
        self, head: Sequence[str], lines: Iterable[Sequence[Any]], widths: Sequence[float], numbers: int = 0
    ) -> Any:
        """A table whose header comes again on each page; the last `numbers` columns are numbers."""
        styles = ["cell"] * (len(head) - numbers) + ["number"] * numbers
        cells = [
            [self.writer.paragraph(value, style, 160) for value, style in zip(line, styles, strict=True)]
            for line in lines
        ]
        over = ["head"] * (len(head) - numbers) + ["number head"] * numbers
        top = [self.writer.paragraph(word, style) for word, style in zip(head, over, strict=True)]
        return Table([top, *cells], colWidths=widths, repeatRows=1, style=_HEAD)
