"""The project's own servers: started once, shared, stopped by the last one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from config import local_servers
from config.processes import PROJECT


def test_the_second_user_joins_and_the_last_one_stops_them(tmp_path: Path) -> None:
    folder = tmp_path / "servers"
    join = (
        "from config import local_servers; from pathlib import Path\n"
        f"with local_servers.running(Path({str(folder)!r})) as urls: print(urls['DATABASE_URL'])"
    )
    with local_servers.running(folder) as urls:
        joined = subprocess.run([sys.executable, "-c", join], cwd=PROJECT, capture_output=True, text=True, check=True)
        assert joined.stdout.strip() == urls["DATABASE_URL"]
        with psycopg.connect(urls["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept (n int)")
        with redis.Redis.from_url(urls["REDIS_URL"]) as client:
            assert client.ping()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(urls["DATABASE_URL"], connect_timeout=60)
    with local_servers.running(folder) as again, psycopg.connect(again["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_nobody_else_on_the_machine_can_log_in(tmp_path: Path) -> None:
    with local_servers.running(tmp_path / "servers") as urls:
        password = urls["REDIS_URL"].split(":")[2].split("@")[0]
        guessed = {name: url.replace(password, "guess") for name, url in urls.items()}
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(guessed["DATABASE_URL"])
        with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(guessed["REDIS_URL"]) as client:
            client.ping()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that others may not enter")
def test_as_root_the_servers_reach_programs_in_a_folder_only_root_may_enter(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.touch(0o755)
    tmp_path.chmod(0o700)
    command = [*local_servers._as_owner(), "test", "-x", str(program)]  # access(2), as initdb looks for its siblings
    assert subprocess.run(command, check=False, cwd="/").returncode == 0
    who = subprocess.run([*local_servers._as_owner(), "id", "-un"], capture_output=True, text=True, check=True, cwd="/")
    assert who.stdout.strip() == "nobody"
