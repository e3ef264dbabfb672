"""A whole installation of its own, of real processes, in which everything may be broken: servers, network, workers."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.db import connection, connections
from psycopg import sql

from config import local_servers, processes
from scans.demo.world import World
from tests.faults.proxy import Proxy, proxies
from tests.scans.watching import environment as environment_of
from tests.until import until

LEASE = 5  # seconds
SLOTS = 3  # jobs that a worker runs at once, so that one worker has one of each kind
DISK = 256 * 1024 * 1024  # bytes
THREADS = 64  # half of them may hold a request that waits for its job
WORKERS = ("worker-1", "worker-2")
# As in production, but for leases that soon run out, small batches, and news that do not grow old while we look.
SETTINGS = {
    "JOB_LEASE": str(LEASE), "JOB_HEARTBEAT": "0.5", "JOB_REAP_EVERY": "1", "JOB_SWEEP_EVERY": "1",
    "JOB_MAX_ATTEMPTS": "50", "JOBS_RUNNING_PER_GROUP": "3", "SCAN_BATCH_ROWS": "20", "IMPORT_BATCH_ROWS": "15",
    "SIGNAL_HALF_LIVES": "company_news=3650,job_opening=3650", "DATABASE_CONNECT_TIMEOUT": "5", "REDIS_TIMEOUT": "1",
    "RATE_LIMIT_TIMEOUT": "0.25", "RATE_LIMIT": "1000000", "RATE_LIMIT_STARTS": "1000000",
    "RATE_LIMIT_FAILURES": "1000000", "WEB_THREADS": str(THREADS), "DJANGO_SETTINGS_MODULE": "config.settings",
}  # fmt: skip


class House:
    """PostgreSQL and Redis, reached through `postgres` and `redis` by the web server, two workers and beat.

    `disk` holds the storage and the scratch folders of all processes. `at` is where this process reaches PostgreSQL,
    past the proxy.
    """

    def __init__(self, folder: Path, world: World, postgres: Proxy, redis: Proxy) -> None:
        self.folder, self.disk, self.world = folder, folder / "disk", world
        self.postgres, self.redis = postgres, redis
        self.web_port = processes.free_port()
        self.address = f"http://127.0.0.1:{self.web_port}"
        self.own_disk = False
        self.environment: dict[str, str] = {}
        self.at: dict[str, Any] = {}
        self.running: dict[str, Popen[bytes]] = {}
        self._stack = ExitStack()
        self.urls: dict[str, str] = {}

    def open(self, schema: bytes) -> None:
        """Everything started, in an empty database of this schema (as pg_dump writes it)."""
        self._mount()
        for folder in ("media", "tmp"):
            (self.disk / folder).mkdir()
        self.serve()
        with self.sql() as server:  # a process that dies loses nothing by it, only a machine would
            server.execute("ALTER SYSTEM SET fsync = off")
            server.execute("SELECT pg_reload_conf()")
            role = sql.Identifier(settings.PARTNER_ROLE)  # named in the schema, but the server's own
            server.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
            server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        psql = [
            str(local_servers._postgres_binaries() / "psql"),
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            self.urls["DATABASE_URL"],
        ]
        subprocess.run(psql, input=schema, stdout=subprocess.DEVNULL, check=True)
        for name in ("web", *WORKERS, "beat"):
            self.start(name)
        processes.wait_until_served(f"{self.address}/readyz", self.running["web"])

    def close(self) -> None:
        self._stack.close()

    def _mount(self) -> None:
        """A small disk of its own, where that is allowed."""
        self.disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "scanward", str(self.disk)]
        if os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0:
            self.own_disk = True
            self._stack.callback(subprocess.run, ["umount", "-l", str(self.disk)], check=True)

    def fill(self) -> None:
        """No byte more can be stored: the disk is full, or, without one of its own, no process may write a file."""
        if not self.own_disk:
            self._limit_files(0)
            return
        with (self.disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while ballast.write(bytes(1024 * 1024)):
                pass
            while ballast.write(bytes(1)):
                pass

    def free(self) -> None:
        if self.own_disk:
            (self.disk / "ballast").unlink()
        else:
            self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, size: int) -> None:
        for process in self.running.values():
            for pid in (process.pid, *children(process.pid)):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def serve(self) -> None:
        """Start whichever of the two servers does not run, and lead the proxies there."""
        self.urls = self._stack.enter_context(local_servers.running(self.folder / "servers"))
        postgres, broker = urlsplit(self.urls["DATABASE_URL"]), urlsplit(self.urls["REDIS_URL"])
        self.at = {"HOST": "127.0.0.1", "PORT": postgres.port, "USER": postgres.username,
                   "PASSWORD": postgres.password, "NAME": postgres.path.lstrip("/")}  # fmt: skip
        self.postgres.target, self.redis.target = postgres.port or 0, broker.port or 0
        ports = {"DATABASE_URL": self.postgres.port, "REDIS_URL": self.redis.port}
        self.environment = {
            **SETTINGS, **environment_of(self.world, SIGNAL_REQUESTS_PER_HOST="1", SIGNAL_REQUESTS_PER_BOARD="1"),
            **{name: self._through(name, port) for name, port in ports.items()},
            "MEDIA_ROOT": str(self.disk / "media"), "TMPDIR": str(self.disk / "tmp"),
        }  # fmt: skip

    def _through(self, name: str, port: int) -> str:
        parts = urlsplit(self.urls[name])
        return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()

    def sql(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.urls["DATABASE_URL"], autocommit=True)

    def broker(self) -> redis.Redis:
        """Redis itself, past the proxy."""
        return redis.Redis.from_url(self.urls["REDIS_URL"])

    @contextmanager
    def pointed_at(self) -> Iterator[None]:
        """The ORM of this process reads and writes the house's database."""
        before = {name: connection.settings_dict[name] for name in self.at}
        self.point()
        try:
            yield
        finally:
            _reconnect(before)

    def point(self) -> None:
        """Once more, as PostgreSQL has another port after a restart."""
        _reconnect(self.at)

    def start(self, name: str) -> None:
        """A process of the house: web, worker-1, worker-2 or beat."""
        command = {"web": processes.web(self.web_port, threads=THREADS), "beat": processes.beat()}.get(
            name
        ) or processes.worker(concurrency=SLOTS, name=name)
        log = self._stack.enter_context((self.folder / f"{name}.log").open("ab"))
        (process,) = self._stack.enter_context(processes.running(command, environment=self.environment, log=log))
        self._stack.callback(_end, process)
        self.running[name] = process

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children, as a machine that loses power."""
        _end(self.running[name])
        self.running.pop(name).wait()

    def stop(self, name: str) -> None:
        """As an operator does: return once it has left by itself."""
        process = self.running.pop(name)
        process.terminate()
        until(lambda: process.poll() is not None, f"{name} to leave")

    def restart_postgres(self) -> None:
        """At once, as after a crash (SIGQUIT), and again, with what it had committed."""
        self._end_server("postgres", signal.SIGQUIT)
        self.serve()
        self.point()

    def restart_redis_empty(self) -> None:
        self._end_server("valkey", signal.SIGKILL)
        shutil.rmtree(self.folder / "servers" / "valkey" / "appendonlydir")
        self.serve()

    def _end_server(self, name: str, how: signal.Signals) -> None:
        pid, _ = map(int, (self.folder / "servers" / name / "server").read_text().split())
        os.kill(pid, how)
        until(lambda: not local_servers._alive(pid), f"the end of {name}")

    def died(self) -> list[str]:
        """Processes that ended by themselves."""
        return [name for name, process in self.running.items() if process.poll() is not None]


def children(pid: int) -> list[int]:
    """Ids of the processes that this one has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _end(process: Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _reconnect(at: dict[str, Any]) -> None:
    connection.close()
    connection.close_pool()
    connections["default"].settings_dict.update(at)


@contextmanager
def opened(folder: Path, world: World, schema: bytes) -> Iterator[House]:
    """A house while inside; all its processes are gone afterwards, whatever happened to them."""
    with proxies(2) as (postgres, redis):
        house = House(folder, world, postgres, redis)
        try:
            house.open(schema)
            yield house
        finally:
            house.close()
