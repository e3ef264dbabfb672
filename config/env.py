"""The only place that reads the environment. Every faulty variable is reported at once, at start-up.

Any variable may come from a file: `SECRET_KEY_FILE=/run/secrets/key` stands for `SECRET_KEY`.
The names below are what the rest of the project sees. Comments and defaults are also what docs/operations.md says of
them (config/settings_page.py): `# == ... ==` begins a part there, a comment speaks of the settings right below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from environs import FileAwareEnv
from marshmallow import ValidationError
from marshmallow.validate import Length, Range, Regexp

from config import storage


def _usable_storage(url: str) -> None:
    try:
        storage.storage_of(url)
    except storage.StorageUrlFault as fault:
        raise ValidationError(str(fault)) from fault


def _usable_cluster(url: str) -> None:
    if url and not re.fullmatch(r"sc://[^\s/;]+(/(;\S*)?)?", url):
        raise ValidationError("must look like sc://host:15002 or sc://host:15002/;use_ssl=true;token=secret")
    if url and find_spec("pyspark") is None:
        raise ValidationError('needs the extra "spark": pip install "scanward[spark]"')


def _each(pattern: str, wanted: str) -> Callable[[list[str]], None]:
    """A check of every item of a list; the fault shows no item, as some are secrets."""

    def check(items: list[str]) -> None:
        if not all(re.fullmatch(pattern, item) for item in items):
            raise ValidationError(f"each item, separated by commas, must be {wanted}")

    return check


SIGNALS = ("company_news", "job_opening", "job_change", "website_change", "post", "comment")


def _for_signals(least: float, most: float) -> Callable[[list[str]], None]:
    """A check of items like company_news=14: each type of signal at most once, with a number within the two bounds."""

    def check(items: list[str]) -> None:
        pairs = [item.strip().partition("=") for item in items]
        good = all(
            name in SIGNALS and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", number) and least <= float(number) <= most
            for name, _, number in pairs
        )
        if not good or len({name for name, _, _ in pairs}) < len(pairs):
            raise ValidationError(
                f"each item, separated by commas, must be one of {', '.join(SIGNALS)}, named once, with = and a number "
                f"from {least:g} to {most:g} behind it, such as company_news=14"
            )

    return check


_env = FileAwareEnv(eager=False, strip_whitespace=True)

# == The web server ==
# Shows tracebacks to whoever causes one: never in production.
DEBUG: bool = _env.bool("DEBUG", False)
# Signs sessions, cursors and links: at least 32 random characters, the same for all processes.
SECRET_KEY: str = _env.str("SECRET_KEY", validate=Length(min=32, error="must have at least 32 characters"))
# Host names this installation is reached by, and origins (with https://) from which forms of the admin may come.
ALLOWED_HOSTS: list[str] = _env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = _env.list("CSRF_TRUSTED_ORIGINS", [])
# Behind TLS (the usual production): cookies are marked secure and HTTP is redirected.
HTTPS: bool = _env.bool("HTTPS", False)
# How many proxies in front add to X-Forwarded-For; 0 trusts none of it.
TRUSTED_PROXIES: int = _env.int("TRUSTED_PROXIES", 0, validate=Range(0, 10))

# == Database and Redis ==
# PostgreSQL 15 or newer: postgresql://user:password@host:5432/name
DATABASE_URL: str = _env.str(
    "DATABASE_URL",
    validate=Regexp(
        r"^postgres(ql)?://", error="must start with postgresql://, for example postgresql://user@host/name"
    ),
)
# The database role that partners' requests act as, to which PostgreSQL shows one account group's rows only. `migrate`
# makes it; empty: row-level security is not used.
PARTNER_ROLE: str = _env.str(
    "PARTNER_ROLE",
    "scanward_partner",
    validate=Regexp(r"^([a-z_][a-z0-9_]{0,62})?$", error="must be the name of a role: a-z, 0-9 and _"),
)
# Begins the names of the databases that tests make.
TEST_DATABASE: str = _env.str("TEST_DATABASE", "test_scanward")
# Connections that one process holds at most.
DATABASE_POOL_SIZE: int = _env.int("DATABASE_POOL_SIZE", 20, validate=Range(2, 500))
# Seconds that one statement may take.
DATABASE_STATEMENT_TIMEOUT: int = _env.int("DATABASE_STATEMENT_TIMEOUT", 120, validate=Range(1))
# Seconds until a connection must have been made, or have come free in the pool.
DATABASE_CONNECT_TIMEOUT: int = _env.int("DATABASE_CONNECT_TIMEOUT", 5, validate=Range(2))
# Redis or Valkey: redis://:password@host:6379/0, or rediss:// with TLS.
REDIS_URL: str = _env.str(
    "REDIS_URL",
    validate=Regexp(
        r"^(redis|rediss)://", error="must start with redis:// or rediss://, for example redis://host:6379/0"
    ),
)
# Put before every key we write in Redis, broker queues included, so that several installations share a server.
REDIS_PREFIX: str = _env.str("REDIS_PREFIX", "scanward:")
# Seconds after which Redis counts as away: for messages and wake-up calls, and for the count of a rate limit.
REDIS_TIMEOUT: Decimal = _env.decimal("REDIS_TIMEOUT", Decimal(1), validate=Range(Decimal("0.01")))
RATE_LIMIT_TIMEOUT: Decimal = _env.decimal("RATE_LIMIT_TIMEOUT", Decimal("0.25"), validate=Range(Decimal("0.01")))

# == Processes, files and logs ==
# Processes of the web server (one a core is best), threads of each that serve requests, and processes of one worker.
WEB_PROCESSES: int = _env.int("WEB_PROCESSES", 2, validate=Range(1, 64))
WEB_THREADS: int = _env.int("WEB_THREADS", 16, validate=Range(2, 256))
WORKER_CONCURRENCY: int = _env.int("WORKER_CONCURRENCY", 2, validate=Range(1, 256))

# The folder of uploads, findings and exports, shared by all processes.
MEDIA_ROOT: Path = _env.path("MEDIA_ROOT", Path("media"))
# Where files lie when not in MEDIA_ROOT: s3://bucket/prefix?endpoint=https://host&region=name (config/storage.py).
STORAGE_URL: str = _env.str("STORAGE_URL", "", validate=_usable_storage)
# How logs are written: json (one object a line) or console; and the least that is: DEBUG, INFO, WARNING or ERROR.
LOG_FORMAT: str = _env.str("LOG_FORMAT", "json", validate=Regexp(r"^(json|console)$", error="must be json or console"))
LOG_LEVEL: str = _env.str(
    "LOG_LEVEL",
    "INFO",
    validate=Regexp(r"^(DEBUG|INFO|WARNING|ERROR)$", error="must be DEBUG, INFO, WARNING or ERROR"),
)

# == Limits ==
# Requests a minute for a key without a rate of its own; starts of jobs have a bucket apart.
RATE_LIMIT: int = _env.int("RATE_LIMIT", 600, validate=Range(1))
RATE_LIMIT_STARTS: int = _env.int("RATE_LIMIT_STARTS", 60, validate=Range(1))
# Failed authentications a minute from one client address.
RATE_LIMIT_FAILURES: int = _env.int("RATE_LIMIT_FAILURES", 30, validate=Range(1))
# Wrong passwords a minute for one name at the login of the staff site.
LOGIN_FAILURES: int = _env.int("LOGIN_FAILURES", 5, validate=Range(1))
# Whether members of staff may (optional) or must (required) log in with the code of an authenticator app, too.
STAFF_SECOND_FACTOR: str = _env.str(
    "STAFF_SECOND_FACTOR",
    "optional",
    validate=Regexp(r"^(optional|required)$", error="must be optional or required"),
)

# Bytes of a JSON body, of an upload, and of an upload unpacked; more is refused with 413.
JSON_MAX: int = _env.int("JSON_MAX", 2 * 1024 * 1024, validate=Range(1024))
UPLOAD_MAX: int = _env.int("UPLOAD_MAX", 2 * 1024**3, validate=Range(1024))
UPLOAD_DECODED_MAX: int = _env.int("UPLOAD_DECODED_MAX", 8 * 1024**3, validate=Range(1024))
# Bytes. Larger uploads are read by a job, not inside their request.
UPLOAD_SYNC_MAX: int = _env.int("UPLOAD_SYNC_MAX", 64 * 1024**2, validate=Range(0))

# == Compliance scans ==
# Seconds a start waits for its job to end when the client says nothing.
SCAN_RUN_WAIT: int = _env.int("SCAN_RUN_WAIT", 5, validate=Range(0, 25))
# Refuses larger uploads at run time; unset means no limit. It never samples.
SCAN_MAX_RECORDS: int | None = _env.int("SCAN_MAX_RECORDS", None)
# A Spark Connect server (Sail or Apache Spark) that judges what is too large for one machine, as sc://host:15002; needs
# the extra "spark".
SPARK_CONNECT_URL: str = _env.str("SPARK_CONNECT_URL", "", validate=_usable_cluster)
# Uploads with more records than this, context included, are judged there; 0 sends all of them, unset none.
SCAN_LOCAL_MAX_ROWS: int | None = _env.int("SCAN_LOCAL_MAX_ROWS", None, validate=Range(0))
# How its servers name the folder or bucket where files lie; empty: as this machine does (s3a://bucket/prefix).
SPARK_STORAGE: str = _env.str("SPARK_STORAGE", "")
# Violations written in one fenced transaction.
SCAN_BATCH_ROWS: int = _env.int("SCAN_BATCH_ROWS", 10_000, validate=Range(1, 1_000_000))

# == Prospecting ==
# Leads imported, or prospects enriched, in one fenced transaction.
IMPORT_BATCH_ROWS: int = _env.int("IMPORT_BATCH_ROWS", 1000, validate=Range(1, 10_000))
# Bytes of one file of leads; days its content is kept, and days the rows that failed are.
LEAD_FILE_MAX: int = _env.int("LEAD_FILE_MAX", 64 * 1024**2, validate=Range(1024))
LEAD_FILE_DAYS: int = _env.int("LEAD_FILE_DAYS", 7, validate=Range(1, 365))
ROW_ERROR_DAYS: int = _env.int("ROW_ERROR_DAYS", 30, validate=Range(1, 365))
# Enrichment: whether sites of companies are read, how many at once, and seconds for one.
ENRICHMENT_SITES: bool = _env.bool("ENRICHMENT_SITES", True)
ENRICHMENT_AT_ONCE: int = _env.int("ENRICHMENT_AT_ONCE", 32, validate=Range(1, 500))
ENRICHMENT_SITE_SECONDS: int = _env.int("ENRICHMENT_SITE_SECONDS", 20, validate=Range(1, 300))
# Whether MX records of e-mail domains may be asked for, and of whom: address:port, empty for the system's servers.
ENRICHMENT_MX: bool = _env.bool("ENRICHMENT_MX", False)
ENRICHMENT_NAMESERVERS: list[str] = _env.list(
    "ENRICHMENT_NAMESERVERS", [], validate=_each(r"[0-9.]+:\d{1,5}|\[[0-9a-f:]+\]:\d{1,5}", "address:port")
)

# == Compliance scans ==
# Days after which the results of a dry run are deleted.
DRY_RUN_DAYS: int = _env.int("DRY_RUN_DAYS", 7, validate=Range(1, 365))
# CPU threads, memory and disk (for what does not fit into memory) that the engine takes for one scan.
ENGINE_THREADS: int = _env.int("ENGINE_THREADS", 2, validate=Range(1, 256))
ENGINE_MEMORY: str = _env.str(
    "ENGINE_MEMORY", "1GB", validate=Regexp(r"^\d+(MB|GB)$", error="must look like 512MB or 2GB")
)
ENGINE_TEMP: str = _env.str(
    "ENGINE_TEMP", "20GB", validate=Regexp(r"^\d+(MB|GB)$", error="must look like 512MB or 2GB")
)

# == Exports ==
# An export of more violations than this is made by a worker; smaller ones in JSON and CSV stream.
EXPORT_STREAM_ROWS: int = _env.int("EXPORT_STREAM_ROWS", 100_000, validate=Range(0))
# Seconds a download link works, and seconds the file of an export is kept.
EXPORT_LINK_SECONDS: int = _env.int("EXPORT_LINK_SECONDS", 3600, validate=Range(1))
EXPORT_KEEP_SECONDS: int = _env.int("EXPORT_KEEP_SECONDS", 24 * 3600, validate=Range(60))
# Seals exported bundles: an Ed25519 private key in PEM, as `openssl genpkey -algorithm ed25519` writes it.
SIGNING_KEY: str | None = _env.str(
    "SIGNING_KEY", None, validate=Regexp(r"^-----BEGIN PRIVATE KEY-----", error="must be an Ed25519 key in PEM")
)

# == Jobs ==
# Seconds without a sign of life after which a job is taken from its worker, and seconds between two such signs.
JOB_LEASE: int = _env.int("JOB_LEASE", 30, validate=Range(2))
JOB_HEARTBEAT: Decimal = _env.decimal("JOB_HEARTBEAT", Decimal(2))
# Seconds between two looks for queued jobs whose message was lost, and for running ones whose worker was.
JOB_SWEEP_EVERY: int = _env.int("JOB_SWEEP_EVERY", 30, validate=Range(1))
JOB_REAP_EVERY: int = _env.int("JOB_REAP_EVERY", 15, validate=Range(1))
# Workers that a job may lose before it fails.
JOB_MAX_ATTEMPTS: int = _env.int("JOB_MAX_ATTEMPTS", 3, validate=Range(1, 100))
# Seconds that a job may run.
JOB_TIME_LIMIT: int = _env.int("JOB_TIME_LIMIT", 3600, validate=Range(10))
# Jobs of one account group that run at once, unless the group has a number of its own.
JOBS_RUNNING_PER_GROUP: int = _env.int("JOBS_RUNNING_PER_GROUP", 4, validate=Range(1))

# == Connections, data sources and secrets ==
# Whether public places that partners name may be connected to by plain http on port 80, too, and not by https only.
OUTBOUND_HTTP: bool = _env.bool("OUTBOUND_HTTP", False)
# Exceptions from "public addresses only", as host:port, for a warehouse or file server inside.
OUTBOUND_ALLOW: list[str] = _env.list(
    "OUTBOUND_ALLOW", [], validate=_each(r"[^\s:/\[\]]+:\d{1,5}|\[[0-9a-f:]+\]:\d{1,5}", "host:port")
)
# Folders and object-store prefixes that sources of kind `files` may read, such as /srv/drops/{group} or
# s3://bucket/{group}; {group} stands for the id of the account group.
SOURCE_ROOTS: list[str] = _env.list(
    "SOURCE_ROOTS", [], validate=_each(r"(/|s3://[^/*?]+)[^*?]*", "a folder such as /srv/drops or s3://bucket/prefix")
)
# Address of an S3-compatible store that such prefixes are in; its keys as AWS_ACCESS_KEY_ID and its like.
SOURCE_S3_ENDPOINT: str = _env.str("SOURCE_S3_ENDPOINT", "")
# Seconds that one pull of a data source may take.
SOURCE_SECONDS: int = _env.int("SOURCE_SECONDS", 600, validate=Range(1))
# Keys for secrets at rest, the newest first: secrets are sealed with the first and opened with any.
ENCRYPTION_KEYS: list[str] = _env.list(
    "ENCRYPTION_KEYS", [], validate=_each(r"[A-Za-z0-9_-]{43}=", "32 random bytes in URL-safe base64")
)
# Keys under which erased people are remembered, as hashes, so that no import brings them back; the newest first. Keep
# every key that was ever in use: a hash cannot be made anew. Without any: SECRET_KEY.
SUPPRESSION_KEYS: list[str] = _env.list(
    "SUPPRESSION_KEYS", [], validate=_each(r"\S{32,}", "at least 32 characters each, without spaces")
)

# == Signal scans ==
# Reading the sources of signals: requests at once in all, to one host, and to a job-board service,
# whose host is that of many companies; seconds for one request, and to wait when a server asks to come back later.
SIGNAL_REQUESTS: int = _env.int("SIGNAL_REQUESTS", 64, validate=Range(1, 1000))
SIGNAL_REQUESTS_PER_HOST: int = _env.int("SIGNAL_REQUESTS_PER_HOST", 4, validate=Range(1, 1000))
SIGNAL_REQUESTS_PER_BOARD: int = _env.int("SIGNAL_REQUESTS_PER_BOARD", 16, validate=Range(1, 1000))
SIGNAL_SECONDS: int = _env.int("SIGNAL_SECONDS", 10, validate=Range(1, 600))
SIGNAL_PATIENCE: int = _env.int("SIGNAL_PATIENCE", 30, validate=Range(0, 600))
# Seconds between two requests for one source: the more seldom it says something new, the longer, within these two.
SIGNAL_INTERVAL_LEAST: int = _env.int("SIGNAL_INTERVAL_LEAST", 900, validate=Range(0))
SIGNAL_INTERVAL_MOST: int = _env.int("SIGNAL_INTERVAL_MOST", 24 * 3600, validate=Range(0))
# Days after which stored documents that no source shows any more are deleted.
SIGNAL_DOCUMENT_DAYS: int = _env.int("SIGNAL_DOCUMENT_DAYS", 400, validate=Range(1))
# Days after which what a completed scan found is deleted, except what is the newest known of a prospect.
SIGNAL_FINDING_DAYS: int = _env.int("SIGNAL_FINDING_DAYS", 730, validate=Range(1))
# What scans that start from now on score by (docs/signals.md), for the types of signal that differ from the rest, as
# company_news=14,post=7: days after which a document is worth half (30 unless set), and the weight of a source (1).
SIGNAL_HALF_LIVES: list[str] = _env.list("SIGNAL_HALF_LIVES", [], validate=_for_signals(0.1, 3650))
SIGNAL_WEIGHTS: list[str] = _env.list("SIGNAL_WEIGHTS", [], validate=_for_signals(0.01, 100))
# Where the public job boards answer; others only in tests and the demo.
GREENHOUSE_URL: str = _env.str("GREENHOUSE_URL", "https://boards-api.greenhouse.io")
LEVER_URL: str = _env.str("LEVER_URL", "https://api.lever.co")
ASHBY_URL: str = _env.str("ASHBY_URL", "https://api.ashbyhq.com")

# == Schedules and e-mail ==
# Seconds: how often due schedules are looked for, and from when on a due time counts as missed.
SCHEDULE_EVERY: int = _env.int("SCHEDULE_EVERY", 5, validate=Range(1, 3600))
SCHEDULE_LATE: int = _env.int("SCHEDULE_LATE", 300, validate=Range(10))

# == Prospecting ==
# The reference provider that test keys use (manage.py sandbox_provider); the one address inside that may be named here.
SANDBOX_PROVIDER_URL: str = _env.str(
    "SANDBOX_PROVIDER_URL",
    "http://127.0.0.1:8787",
    validate=Regexp(r"^https?://[^/\s:]+(:\d+)?$", error="must look like http://127.0.0.1:8787, without a path"),
)

# == Signal scans ==
# Seconds a signal scan waits for the scans it has asked a provider for.
REMOTE_SCAN_SECONDS: int = _env.int("REMOTE_SCAN_SECONDS", 600, validate=Range(1, 3600))

# == Schedules and e-mail ==
# How e-mail leaves: smtp://user:password@host:587 (STARTTLS; without a user in the clear), smtps://host:465,
# console:// or file:///folder
EMAIL_URL: str = _env.str(
    "EMAIL_URL",
    "console://",
    validate=Regexp(
        r"^(smtps?://[^/\s]+/?|console://|file:///\S+)$", error="must be smtp://, smtps://, file:/// or console://"
    ),
)
# Who it comes from.
EMAIL_FROM: str = _env.str("EMAIL_FROM", "Scanward <scanward@localhost>")
# Where staff reach this installation; links in e-mails start with it.
PUBLIC_URL: str = _env.str(
    "PUBLIC_URL",
    "http://localhost:8000",
    validate=Regexp(r"^https?://[^/\s]+$", error="must look like https://scanward.example.com, without a path"),
)

_env.seal()


def database() -> dict[str, object]:
    """DATABASE_URL as Django's DATABASES entry, without pool or time-outs."""
    parts = urlsplit(DATABASE_URL)
    return {
        "ENGINE": "web.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
    }


def outbound_allow() -> frozenset[tuple[str, int]]:
    """OUTBOUND_ALLOW as (host, port) pairs, spelled as web.destinations spells hosts."""
    pairs = (item.rpartition(":") for item in OUTBOUND_ALLOW)
    return frozenset((host.strip("[]").lower().removesuffix("."), int(port)) for host, _, port in pairs)


def for_signals(items: list[str]) -> dict[str, float]:
    """SIGNAL_HALF_LIVES or SIGNAL_WEIGHTS by type of signal."""
    return {name: float(number) for name, _, number in (item.strip().partition("=") for item in items)}


def email() -> dict[str, object]:
    """EMAIL_URL as Django's settings."""
    parts = urlsplit(EMAIL_URL)
    backend = {"console": "console", "file": "filebased"}.get(parts.scheme, "smtp")
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{backend}.EmailBackend",
        "EMAIL_FILE_PATH": unquote(parts.path),
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
        "EMAIL_TIMEOUT": 10,
    }
