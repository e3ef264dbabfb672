"""What the page of one signal scan shows of its findings: how many of each verdict, the best kept, the dropped."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.charts import Part, parts
from accounts.shown import Table
from accounts.staff import link, list_url
from scans.admin.shown import places, subject_of, verdict_badge, why
from scans.enums import Verdict
from scans.models import Finding, SignalScan

_SHOWN = 20  # kept findings, the highest scores first
_DROPPED = 50
_FILTER = "dropped"  # the query parameter that narrows the dropped ones
_TONES = {
    Verdict.KEPT: "good", Verdict.DUPLICATE: "quiet", Verdict.BELOW_SCORE: "warn", Verdict.STALE: "busy",
    Verdict.EXCLUDED: "bad",
}  # fmt: skip
_DROPPED_AS = [verdict for verdict in _TONES if verdict != Verdict.KEPT]
_CURRENT = mark_safe(' aria-current="true"')


def chart(scan: SignalScan) -> object:
    """What became of every document that matched, as one bar."""
    every = [Part(verdict.label, getattr(scan, verdict.value), tone) for verdict, tone in _TONES.items()]
    said = ", ".join(f"{part.name.lower()}: {part.count:,}" for part in every)
    return parts(every, title=f"What became of {scan.found:,} documents that matched. {said}")


def kept(scan: SignalScan) -> Table:
    rows = Finding.objects.filter(scan=scan, verdict=Verdict.KEPT).select_related("company", "prospect")
    best = rows.order_by("-score", "-pk")[:_SHOWN]
    return Table(
        "Kept signals", ("Signal", "Score", "Of", "Kind", "Why", "Read at"),
        [(link(each), each.score, subject_of(each), each.get_type_display(), each.reasoning, places(each.sources))
         for each in best],
        "Nothing was kept.", frozenset({1}),
        format_html('The highest scores. <a href="{}">All {} in a list</a>.', list_of(scan, Verdict.KEPT),
                    f"{scan.kept:,}") if scan.kept > _SHOWN else "",
    )  # fmt: skip


def dropped(request: HttpRequest, scan: SignalScan) -> Table:
    """The newest of them, or of those that one filter dropped."""
    only = request.GET.get(_FILTER, "")
    rows = Finding.objects.filter(scan=scan, verdict__in=[only] if only in _DROPPED_AS else _DROPPED_AS)
    newest = rows.select_related("company", "prospect").order_by("-pk")[:_DROPPED]
    return Table(
        "Dropped", ("Document", "Dropped as", "Why", "Score", "Of", "Posted"),
        [(link(each), verdict_badge(each.verdict), why(each, scan), each.score, subject_of(each),
          f"{each.posted_at:%Y-%m-%d}" if each.posted_at else "-") for each in newest],
        "Nothing was dropped.", frozenset({3}), _narrowed(scan, only),
    )  # fmt: skip


def list_of(scan: SignalScan, verdict: Verdict) -> str:
    return list_url(Finding, scan__id__exact=scan.pk, verdict__exact=verdict.value)


def _narrowed(scan: SignalScan, only: str) -> SafeString:
    """A link for each way to be dropped that there is; of the chosen one, one to all of them."""
    page = reverse("admin:scans_signalscan_change", args=[scan.pk])
    words = [("all", page, scan.found - scan.kept, not only)]
    words += [
        (verdict.label.lower(), f"{page}?{_FILTER}={verdict.value}", count, verdict == only)
        for verdict in _DROPPED_AS
        if (count := getattr(scan, verdict.value))
    ]
    links = format_html_join(
        ", ", '<a href="{}#dropped"{}>{} ({})</a>',
        ((url, _CURRENT if now else "", word, f"{count:,}") for word, url, count, now in words),
    )  # fmt: skip
    whole: object = ""
    if only in _DROPPED_AS:
        whole = format_html(' <a href="{}">All of these in a list.</a>', list_of(scan, Verdict(only)))
    return format_html("The newest {} of {}.{}", _DROPPED, links, whole)
