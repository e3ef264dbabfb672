"""/livez: the process serves. /readyz: what it needs is there, too."""

from __future__ import annotations

import structlog
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from redis import RedisError

from accounts import throttling

logger = structlog.get_logger(__name__)


def livez(request: HttpRequest) -> JsonResponse:
    """200 as soon as the process serves. Asks nobody, so that a database that is away restarts no process."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations and Redis are ready, else 503 naming what is not."""
    checks = {"database": _database(), "migrations": _migrations(), "redis": _redis()}
    ready = all(state == "ok" for state in checks.values())
    return JsonResponse({"status": "ok" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as fault:
        logger.warning("not_ready", check="database", error=str(fault))
        return "away"
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unknown"
    return f"{len(missing)} to apply" if missing else "ok"


def _redis() -> str:
    try:
        throttling.client().ping()
    except RedisError as fault:
        logger.warning("not_ready", check="redis", error=str(fault))
        return "away"
    return "ok"
