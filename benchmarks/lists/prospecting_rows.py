"""What prospecting and signal scans hold after two years: 500,000 people at 50,000 companies, and news of them."""

from __future__ import annotations

from django.db import connection

from benchmarks.lists.rows import KINDS, fill, without_indexes

COMPANIES, PEOPLE, AUDIENCES = KINDS * 1_320, KINDS * 13_160, KINDS * 20
JOBS, FILES, SIGNALS = KINDS * 2_000, KINDS * 500, KINDS * 13_160
FIRST = ("Anna", "Ben", "Chloé", "David", "Elif", "Fatima", "Goran", "Hana", "Igor", "Jürgen", "Katarzyna", "Liam")
LAST = ("Müller", "Smith", "García", "Rossi", "Nowak", "Dubois", "Jansen", "Yılmaz", "Novák", "Silva", "Kowalski")
FINISHED = {"status": "'completed'", "completed_at": "now()", "attempts": "1", "visible_attempt": "1"}


def words(of: tuple[str, ...], salt: int) -> str:
    return f"(ARRAY[{', '.join(map(repr, of))}])[1 + pg_temp.dice(n, {salt}, {len(of)})]"


def oid(number: str) -> str:
    return f"pg_temp.oid({number})"


COMPANY, PERSON, AUDIENCE, JOB = (
    oid(f"pg_temp.kin(n, 5, {many})") for many in (COMPANIES, PEOPLE, AUDIENCES, JOBS)
)  # fmt: skip


def people() -> None:
    from prospecting.models import Audience, AudienceMember, Company, Folder, KnownAs, Prospect, ProviderIdentity

    own = {"id": oid("n"), "group_id": "pg_temp.grp(n)"}
    fill(Folder, KINDS * 2, **own, name="'Folder ' || n")
    fill(Audience, AUDIENCES, **own, name="'Audience ' || n", folder_id=oid(f"n %% {KINDS * 2}"))
    fill(Company, COMPANIES, **own, key="'company' || n || '.com'", name="'Company ' || n || ' GmbH'",
         name_key="'company ' || n", domain="'company' || n || '.com'", industry="'Software'",
         site_read_at="CASE WHEN n %% 3 > 0 THEN now() END")  # fmt: skip
    first, last = words(FIRST, 1), f"{words(LAST, 2)} || '-' || {words(LAST, 3)}"
    fill(Prospect, PEOPLE, **own, first_name=first, last_name=last, name=f"{first} || ' ' || {last} || ' ' || n %% 1000",
         name_key=f"translate(lower({first} || ' ' || {last}), 'üéíıáö-', 'ueiiao ')", title="'Head of department'", company_id=COMPANY,
         email="CASE WHEN n %% 5 > 0 THEN 'p' || n || '@company.com' ELSE '' END",
         email_status="(ARRAY['unknown', 'valid', 'valid', 'valid', 'guessed'])[1 + n %% 5]",
         public_identifier="CASE WHEN n %% 3 > 0 THEN 'person-' || n ELSE '' END",
         country="(ARRAY['DE', 'FR', 'US', 'GB'])[1 + n %% 4]")  # fmt: skip
    fill(AudienceMember, PEOPLE, audience_id=AUDIENCE, prospect_id=oid("n"),
         added_at=f"now() - interval '730 days' * (1 - n / {PEOPLE}.0)")  # fmt: skip
    fill(KnownAs, KINDS * 2_600, group_id="pg_temp.grp(n)", prospect_id=oid("n"), kind="'email'",
         value="'other' || n || '@company.com'")  # fmt: skip
    fill(ProviderIdentity, KINDS * 5_000, group_id="pg_temp.grp(n)", prospect_id=oid("n"), provider="'import'",
         external_id="'id-' || n")  # fmt: skip
    with connection.cursor() as cursor:  # one audience of 125,000
        cursor.execute(
            "INSERT INTO prospecting_audiencemember (audience_id, prospect_id, added_at) SELECT pg_temp.oid(0),"
            f" pg_temp.oid(n), now() FROM generate_series(0, {PEOPLE - 1}::bigint, 4) n ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "UPDATE prospecting_audience a SET prospect_count = c.many FROM (SELECT audience_id, count(*) AS many"
            " FROM prospecting_audiencemember GROUP BY 1) c WHERE c.audience_id = a.id"
        )


def jobs() -> None:
    from prospecting.models import (
        JobProspect,
        LeadFile,
        MergeCandidate,
        PositionChange,
        ProspectingJob,
        Provider,
        RowError,
        Suppression,
    )

    own = {"id": oid("n"), "group_id": "pg_temp.grp(n)"}
    fill(LeadFile, FILES, **own, name="'leads-' || n || '.csv'", kind="'csv'", sha256="md5(n::text)", size="10000",
         row_count="100", content="CASE WHEN n %% 5 = 0 THEN 'none' ELSE '' END",
         deleted_at="CASE WHEN n %% 5 > 0 THEN now() END")  # fmt: skip
    fill(ProspectingJob, JOBS, **own, **FINISHED, source="(ARRAY['records', 'file_upload', 'url_upload'])[1 + n %% 3]",
         audience_id=AUDIENCE, import_total="10", import_done="10", enrichment_total="10", enrichment_done="10",
         credits_reserved="10", credits_spent="10", trace_id="md5(n::text)")  # fmt: skip
    fill(JobProspect, PEOPLE, job_id=JOB, prospect_id=oid("n"), is_new="true")
    fill(RowError, KINDS * 5_200, group_id="pg_temp.grp(n)", job_id=JOB, line="n", field="'email'",
         reason="'is no address'", lost="n %% 4 = 0", raw="""'{"Mail": "x"}'::jsonb""")  # fmt: skip
    fill(MergeCandidate, KINDS * 1_000, **own, prospect_id=oid("n"), other_id=oid(f"n + {KINDS}"), score="90",
         reason="'same_name'", job_id=JOB, status="CASE WHEN n %% 5 > 0 THEN 'kept_apart' ELSE 'open' END",
         decided_at="CASE WHEN n %% 5 > 0 THEN now() END",
         decided_by="CASE WHEN n %% 5 > 0 THEN 'user:ann' ELSE '' END")  # fmt: skip
    fill(Suppression, KINDS * 2_600, group_id="pg_temp.grp(n)", kind="'domain'", value="'d' || n || '.example'",
         created_by="'user:ann'")  # fmt: skip
    fill(PositionChange, KINDS * 1_300, group_id="pg_temp.grp(n)", prospect_id=PERSON, previous_title="'CTO'",
         title="'CEO'", origin="'import'", seen_at="now() - interval '1 minute' * n")  # fmt: skip
    fill(Provider, KINDS * 2, group_id="pg_temp.grp(n)", name="'p' || n", base_url="'https://p.example'",
         token="''", active="false")  # fmt: skip


def signals(findings: int) -> None:
    """5,000 signals of one person, 20,000 of one company; `findings` times as many findings, one in `findings` kept."""
    from scans.models import (
        Activity,
        Finding,
        Monitor,
        ScanCompany,
        ScanProspect,
        Signal,
        SignalKey,
        SignalScan,
        SignalSpecification,
        SourceState,
        StoredDocument,
    )

    own, specification = {"id": oid("n"), "group_id": "pg_temp.grp(n)"}, oid(f"n %% {KINDS * 10}")
    at = f"now() - interval '730 days' * (1 - n %% {SIGNALS} / {SIGNALS}.0)"
    fill(SignalSpecification, KINDS * 10, **own, name="'Specification ' || n")
    fill(Monitor, KINDS * 10, **own, specification_id=specification, audience_id=AUDIENCE, cron="'0 6 * * *'",
         next_run_at="now() + interval '1 day'")  # fmt: skip
    fill(SignalScan, JOBS, **own, **FINISHED, specification_id=specification, audience_id=AUDIENCE, kept="5",
         type="CASE WHEN n %% 2 = 0 THEN 'monitoring' ELSE 'prospecting' END", prospects_total="7",
         monitor_id=f"CASE WHEN n %% 2 = 0 THEN pg_temp.oid(n %% {KINDS * 10}) END", prospects_evaluated="7",
         drawn_up="true", trace_id="md5(n::text)")  # fmt: skip
    fill(SourceState, KINDS * 2_600, id="n + 1", group_id="pg_temp.grp(n)", kind="'feed'",
         address="'https://company' || n || '.com/feed'", key="md5(n::text)", asked_at="now() - interval '1 s' * n",
         fault_code="CASE WHEN n %% 20 = 0 THEN 'timeout' ELSE '' END")  # fmt: skip
    source = f"1 + pg_temp.kin(n, 6, {KINDS * 2_600})"
    fill(StoredDocument, SIGNALS, group_id="pg_temp.grp(n)", source_id=source, key="md5(n::text)", type="'company_news'",
         digest="md5(n::text)", title="'Company ' || n || ' opens an office'", text="repeat('words of the news ', 20)",
         url="'https://company.com/news/' || n", posted_at=at, language="'en'")  # fmt: skip
    of_person = "n %% 5 = 0"
    person = f"CASE WHEN {of_person} THEN CASE WHEN n %% 100 = 0 THEN pg_temp.oid(n %% {KINDS}) ELSE {PERSON} END END"
    company = (
        f"CASE WHEN NOT {of_person} THEN CASE WHEN n %% 20 = 2 THEN pg_temp.oid(n %% {KINDS}) ELSE {COMPANY} END END"
    )
    kind = f"CASE WHEN {of_person} THEN 'post' ELSE (ARRAY['company_news', 'job_opening', 'website_change'])[1 + n %% 3] END"
    subject = {"prospect_id": person, "company_id": company, "type": kind, "posted_at": at}
    fill(Signal, SIGNALS, **own, **subject, identity="md5(n::text)", trace="'\\x00'", first_seen=at, last_seen=at)
    fill(SignalKey, SIGNALS, group_id="pg_temp.grp(n)", key="md5(n::text)", signal_id=oid("n"))
    finding = {"scan_id": JOB, "item": "0", "reasoning": "'It names the office.'", "summary": "'An office opens.'",
               "title": "'Company ' || n || ' opens an office'", "company_name": "'Company'"}  # fmt: skip
    fill(Finding, SIGNALS, **finding, **subject, verdict="'kept'", score="50 + n %% 50", signal_id=oid("n"))
    with without_indexes(Finding):
        fill(Finding, SIGNALS * (findings - 1), **finding, **subject, score="n %% 50", signal_id="NULL",
             verdict="(ARRAY['below_score', 'stale', 'excluded'])[1 + n %% 3]")  # fmt: skip
    fill(ScanProspect, PEOPLE, scan_id=JOB, prospect_id=oid("n"), company_id=COMPANY, state="'evaluated'")
    fill(ScanCompany, KINDS * 1_320, scan_id=JOB, company_id=oid("n"), state="'evaluated'")
    fill(Activity, KINDS * 5_200, **own, external_id="'activity-' || n", type="'post'", prospect_id=PERSON,
         text="'A post'", url="'https://a.example'", posted_at=at)  # fmt: skip


def seed(findings: int = 2) -> None:
    people()
    jobs()
    signals(findings)
