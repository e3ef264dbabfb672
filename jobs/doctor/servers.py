"""PostgreSQL and Redis: there, of a version that does, migrated, and of one mind about the time; and the cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts import row_policies
from jobs import wires
from jobs.doctor.findings import Finding, ok, warning, wrong

OLDEST_POSTGRES = 15
FACTS = "SELECT current_setting('server_version_num')::int, clock_timestamp()"
CLUSTER_SECONDS = 5.0  # until a cluster that does not answer counts as away
SKEW, SKEW_MOST = 2.0, 60.0  # seconds between two clocks: to be known, and too much for what expires


def database() -> Iterator[Finding]:
    at = connection.settings_dict
    place = f"{at['HOST'] or 'localhost'}:{at['PORT'] or 5432}/{at['NAME']}"
    try:
        # Past the pool, which says of a server that is away only that it waited.
        with psycopg.connect(**connection.get_connection_params()) as server:
            begun, before = time.monotonic(), timezone.now()
            answer: Any = server.execute(FACTS).fetchone()
            took = time.monotonic() - begun
    except psycopg.Error as fault:
        said = str(fault).strip().partition("\n")[0]
        yield wrong("database", f"{place} does not answer: {said}", "Start PostgreSQL, or correct DATABASE_URL.")
        return
    version, theirs = answer
    major = version // 10_000
    if major < OLDEST_POSTGRES:
        yield wrong("database", f"PostgreSQL {major} at {place}", f"Upgrade it to {OLDEST_POSTGRES} or newer.")
    else:
        yield ok("database", f"PostgreSQL {major} at {place} answers")
    yield clock((theirs - before).total_seconds(), took)


def clock(ahead: float, took: float) -> Finding:
    """`ahead`: of the database's clock before ours as it was asked; it answered within `took` seconds."""
    skew = max(0.0, abs(ahead) - took)
    found = f"the database's clock is {skew:.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    advice = "Keep both machines in time, by NTP: keys, waivers and leases end by these clocks."
    if skew > SKEW_MOST:
        return wrong("clock", found, advice)
    return warning("clock", found, advice) if skew > SKEW else ok("clock", "the database's clock agrees with ours")


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    loader = executor.loader
    missing = executor.migration_plan(loader.graph.leaf_nodes())
    if missing:
        named = ", ".join(f"{migration.app_label} {migration.name}" for migration, _ in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        yield wrong("migrations", f"{len(missing)} to apply: {named}{more}", "Run manage.py migrate.")
    own = {app for app, _ in loader.disk_migrations}
    newer = sorted(key for key in loader.applied_migrations if key[0] in own and key not in loader.disk_migrations)
    newer = [key for key in newer if not any(key in each.replaces for each in loader.disk_migrations.values())]
    if newer:
        named = ", ".join(" ".join(key) for key in newer[:3])
        yield warning("migrations", f"the database knows more than this program: {named}", "Upgrade this program.")
    if not (missing or newer):
        yield ok("migrations", f"all {len(loader.disk_migrations)} are applied")


def row_security() -> Iterator[Finding]:
    """Whether PostgreSQL itself keeps account groups apart in partners' requests."""
    role = settings.PARTNER_ROLE
    if not role:
        yield warning(
            "row security", "PARTNER_ROLE is empty: only our own filters keep account groups apart",
            "Set PARTNER_ROLE, and run manage.py migrate.",
        )  # fmt: skip
    elif fault := row_policies.fault():
        yield wrong("row security", f"no partner is served: {fault}", "Run manage.py migrate; it says what is missing.")
    elif missing := row_policies.missing():
        named = ", ".join(sorted(missing)[:3])
        yield wrong(
            "row security", f"not as the models want it: {len(missing)} tables ({named})", "Run manage.py migrate."
        )
    else:
        yield ok("row security", f"partners' requests act as {role} and are shown one account group's rows")


def broker() -> Iterator[Finding]:
    """Redis, and what waits in it."""
    try:
        client: Any = wires.client()
        client.ping()
        about = client.info()
    except redis.RedisError as fault:
        yield wrong("redis", f"does not answer: {fault}", "Start Redis or Valkey, or correct REDIS_URL.")
        return
    name = f"Valkey {about['valkey_version']}" if "valkey_version" in about else f"Redis {about['redis_version']}"
    policy = about.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield warning(
            "redis", f"{name} drops keys when its memory is full (maxmemory-policy {policy}), messages among them",
            "Set maxmemory-policy noeviction.",
        )  # fmt: skip
    else:
        yield ok("redis", f"{name} answers; what is written there begins with {settings.REDIS_PREFIX}")


def cluster() -> Iterator[Finding]:
    """Nothing where there is none. Whether it sees the storage, only a scan tells."""
    if not settings.SPARK_CONNECT_URL:
        return
    import grpc  # an extra
    from pyspark.sql.connect.client import DefaultChannelBuilder

    place = urlsplit(settings.SPARK_CONNECT_URL).netloc
    channel = DefaultChannelBuilder(settings.SPARK_CONNECT_URL).toChannel()
    try:
        grpc.channel_ready_future(channel).result(timeout=CLUSTER_SECONDS)
    except grpc.FutureTimeoutError:
        yield wrong("cluster", f"{place} does not answer", "Start the Spark server, or correct SPARK_CONNECT_URL.")
        return
    finally:
        channel.close()
    if settings.SCAN_LOCAL_MAX_ROWS is None:
        yield warning("cluster", f"{place} answers and is never asked", "Set SCAN_LOCAL_MAX_ROWS.")
    else:
        yield ok("cluster", f"{place} answers, for more than {settings.SCAN_LOCAL_MAX_ROWS:,} records")
