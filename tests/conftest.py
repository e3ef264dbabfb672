"""Fixtures for tests that need the real thing: a web server, workers and beat as processes of their own.

Ordinary tests use pytest-django's `db`. Tests marked `system` see a second database through `system_db`, in which
everything is committed, as processes must see it. Those of one file run on one xdist worker, one after the other, and
so do all that want the ordinary `worker`. Each xdist worker has a system of its own: database, queues (REDIS_PREFIX,
tests/servers.py), web server and workers.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import quote

import httpx
import hypothesis
import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.state import ProjectState
from psycopg import sql
from whitenoise.middleware import WhiteNoiseMiddleware

from config import processes
from tests.partner import Partner
from tests.until import until

Worker = Callable[..., Any]

# No example fails for the time it takes: the machine may be busy. The rest is as hypothesis has it, here or in CI.
hypothesis.settings.register_profile(
    "any machine", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("system"):
            file = item.nodeid.partition("::")[0]
            item.add_marker(pytest.mark.xdist_group("worker" if "worker" in item.fixturenames else file))


def pytest_collection_finish() -> None:
    """What was imported stays to the end: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def static_files_are_looked_for_once() -> Iterator[None]:
    """Every `Client` loads the middleware anew, which would otherwise read some hundred files each time."""
    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def look_once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="session")
def migrated(django_test_environment: None, django_db_blocker: Any) -> str:
    """The name of a migrated, empty database, of which all others are copies: made by whoever needs it first."""
    name = f"{os.environ['TEST_DATABASE']}_migrated"
    with _administration() as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])  # as long as this connection
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            half = f"{name}_by_half"
            _manage(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", half)  # whoever began has ended since
            _manage(server, "CREATE DATABASE {}", half)
            with django_db_blocker.unblock(), _pointed_at(half), _models_left_alone_by_constraints():
                call_command("migrate", verbosity=0)
            until(lambda: not server.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", [half]).fetchone())
            _manage(server, "ALTER DATABASE {} RENAME TO {}", half, name)
    return name


@contextmanager
def _models_left_alone_by_constraints() -> Iterator[None]:
    """A migration's constraint or index makes Django build the model anew, and all that are related to it: two thirds
    of the time. PostgreSQL is told the same without."""

    def append(state: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        options = state.models[app_label, model_name].options
        options[option_name] = [*options[option_name], obj]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProjectState, "_append_option", append)
        yield


@pytest.fixture(scope="session")
def django_db_setup(migrated: str) -> Iterator[None]:
    """In place of pytest-django's: the database of ordinary tests."""
    with _copy(migrated, "ordinary") as name:
        _reconnect(name)
        yield
        connection.close_pool()


@pytest.fixture(scope="session")
def system_database(migrated: str) -> Iterator[str]:
    """The name of a migrated database in which everything is committed."""
    with _copy(migrated, "system") as name:
        yield name


@pytest.fixture
def fresh_database(migrated: str) -> Iterator[str]:
    """The name of a migrated database of this test's own, in which nothing is."""
    with _copy(migrated, "fresh") as name:
        yield name


@contextmanager
def _copy(of: str, what: str) -> Iterator[str]:
    name = f"{os.environ['TEST_DATABASE']}_{what}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with _administration() as server:
        _manage(server, "CREATE DATABASE {} TEMPLATE {}", name, of)
    yield name
    with _administration() as server:
        _manage(server, "DROP DATABASE {} WITH (FORCE)", name)


def _administration() -> psycopg.Connection[Any]:
    at = connection.settings_dict
    login = {"host": at["HOST"], "port": at["PORT"] or None, "user": at["USER"], "password": at["PASSWORD"]}
    return psycopg.connect(**login, dbname="postgres", autocommit=True)


def _manage(server: psycopg.Connection[Any], statement: str, *names: str) -> None:
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture
def system_db(system_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The ORM of this test works on the system database, in autocommit. Each test makes groups of its own."""
    with django_db_blocker.unblock(), _pointed_at(system_database):
        yield


@contextmanager
def _pointed_at(database: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    _reconnect(database)
    try:
        yield
    finally:
        _reconnect(before)


def _reconnect(database: str) -> None:
    connection.close()
    connection.close_pool()
    connections["default"].settings_dict["NAME"] = database


@pytest.fixture(scope="session")
def system_environment(system_database: str) -> dict[str, str]:
    """What a process of the system needs to find the system database; Redis and storage are the tests' own."""
    at = connection.settings_dict
    login = f"{quote(at['USER'])}:{quote(at['PASSWORD'])}@" if at["USER"] else ""
    return {
        "DATABASE_URL": f"postgresql://{login}{at['HOST']}:{at['PORT']}/{system_database}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SANDBOX_PROVIDER_URL": f"http://127.0.0.1:{processes.free_port()}",  # a test that needs it serves it there
        "RATE_LIMIT": "1000000",
        "RATE_LIMIT_STARTS": "1000000",
        "RATE_LIMIT_FAILURES": "1000000",
        "SCAN_RUN_WAIT": "25",  # who expects 202 says `Prefer: respond-async`, and is not answered sooner or later
    }


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def web_server(system_environment: dict[str, str], logs: Path) -> Iterator[str]:
    """The address of a running web server."""
    port = processes.free_port()
    with (
        (logs / "web").open("wb") as log,
        processes.running(processes.web(port), environment=system_environment, log=log) as (server,),
    ):
        processes.wait_until_served(f"http://127.0.0.1:{port}/livez", server)
        yield f"http://127.0.0.1:{port}"
        end(server)


def end(process: Popen[bytes]) -> None:
    """At once, with its children: a worker that is asked takes two or three seconds, and nothing is left to be lost.
    Tests of how it stops ask it themselves."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def start_worker(system_environment: dict[str, str], logs: Path, request: pytest.FixtureRequest) -> Iterator[Worker]:
    """`start_worker(JOB_LEASE="2")` starts a Celery worker process and returns it; all are stopped at the end."""
    with ExitStack() as started:

        def start(**environment: str) -> Any:
            log = started.enter_context((logs / f"worker-{request.node.name}").open("ab"))
            command = processes.worker(concurrency=1)
            together = {**system_environment, **environment}
            (process,) = started.enter_context(processes.running(command, environment=together, log=log))
            started.callback(end, process)
            return process

        yield start


@pytest.fixture
def start_beat(system_environment: dict[str, str], logs: Path) -> Iterator[Worker]:
    with ExitStack() as started:

        def start(**environment: str) -> Any:
            log = started.enter_context((logs / "beat").open("ab"))
            together = {**system_environment, **environment}
            (process,) = started.enter_context(processes.running(processes.beat(), environment=together, log=log))
            started.callback(end, process)
            return process

        yield start


@pytest.fixture(scope="session")
def ordinary_workers() -> Iterator[list[ExitStack]]:
    """What stops the worker of `worker`, while it runs."""
    running: list[ExitStack] = []
    yield running
    _stop(running)


def _stop(running: list[ExitStack]) -> None:
    while running:
        running.pop().close()


@pytest.fixture(autouse=True)
def no_worker_unless_asked_for(request: pytest.FixtureRequest, ordinary_workers: list[ExitStack]) -> None:
    if "worker" not in request.fixturenames:
        _stop(ordinary_workers)


@pytest.fixture
def worker(ordinary_workers: list[ExitStack], system_environment: dict[str, str], logs: Path) -> None:
    """One ordinary worker, started once for all tests in a row that want it."""
    if not ordinary_workers:
        started = ExitStack()
        log = started.enter_context((logs / "worker").open("ab"))
        command = processes.worker(concurrency=2)
        (process,) = started.enter_context(processes.running(command, environment=system_environment, log=log))
        started.callback(end, process)
        ordinary_workers.append(started)


@pytest.fixture
def http(web_server: str) -> Iterator[httpx.Client]:
    """A client without a key; add one by `http.headers["Authorization"]`."""
    with httpx.Client(base_url=web_server, timeout=300) as client:
        yield client


@pytest.fixture
def new_partner(system_db: None, web_server: str) -> Iterator[Callable[..., Partner]]:
    """`new_partner()` makes an account group of its own and a key for it; `new_partner(group)` a key for that one."""
    clients: list[httpx.Client] = []

    from tests.compliance import factories  # models: only once Django stands
    from tests.contract import openapi

    def make(group: Any = None, **key: Any) -> Partner:
        clients.append(httpx.Client(base_url=web_server, timeout=300, event_hooks={"response": [openapi.check]}))
        group = group or factories.group()
        return Partner(clients[-1], factories.key_text(group, **key), group)

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def partner(new_partner: Callable[..., Partner]) -> Partner:
    return new_partner()
