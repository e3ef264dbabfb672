"""Loaded before Django (`-p tests.servers`): gives the tests a PostgreSQL and a Redis of their own.

With DATABASE_URL and REDIS_URL set, those servers are used: a database named at random, a random key prefix, only
our own keys removed at the end. Without them, private servers are started in a temporary folder.
"""

from __future__ import annotations

import atexit
import base64
import os
import secrets
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from config import local_servers

PATIENCE = {"DATABASE_CONNECT_TIMEOUT": "60", "REDIS_TIMEOUT": "60", "RATE_LIMIT_TIMEOUT": "60"}


def _prepare() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        # The controller has prepared everything and we inherit its environment; queues are each one's own.
        os.environ["REDIS_PREFIX"] += os.environ["PYTEST_XDIST_WORKER"] + ":"
        return
    folder = Path(tempfile.mkdtemp(prefix="scanward-tests-"))
    cleanup = ExitStack()
    atexit.register(cleanup.close)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # told to stop: what we started stops, too
    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        urls = cleanup.enter_context(local_servers.running(folder / "servers", lasting=False))
        for name, value in urls.items():
            os.environ.setdefault(name, value)
    os.environ["TEST_DATABASE"] = f"test_scanward_{secrets.token_hex(4)}"
    os.environ["REDIS_PREFIX"] = f"test-{secrets.token_hex(4)}:"
    cleanup.callback(_remove_keys, os.environ["REDIS_URL"], os.environ["REDIS_PREFIX"])
    cleanup.callback(_drop_databases, os.environ["DATABASE_URL"], os.environ["TEST_DATABASE"])
    os.environ["SECRET_KEY"] = secrets.token_urlsafe(48)
    os.environ["ENCRYPTION_KEYS"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    os.environ["SIGNING_KEY"] = local_servers.signing_key(folder)
    os.environ["MEDIA_ROOT"] = str(folder / "media")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.setdefault("ENRICHMENT_SITES", "false")  # the companies of tests have none; those that test it say so
    os.environ.update(PATIENCE)


def _drop_databases(url: str, prefix: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        left = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]).fetchall()
        for (name,) in left:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _remove_keys(url: str, prefix: str) -> None:
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(match=f"{prefix}*", count=1000):
            client.delete(key)


_prepare()
