"""manage.py doctor"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from jobs.doctor import installation, processes, servers
from jobs.doctor.findings import Finding, Look, State, looked, unasked
from terminal.command import OperatorCommand, Wrong
from terminal.console import table

LOOKS: tuple[tuple[str, Look, tuple[str, ...]], ...] = (
    ("settings", installation.switches, ()),
    ("database", servers.database, ()),
    ("migrations", servers.migrations, ("database",)),
    ("row security", servers.row_security, ("database",)),
    ("redis", servers.broker, ()),
    ("queues", processes.queues, ("database", "redis")),
    ("workers", processes.worker, ("redis",)),
    ("beat", processes.beat, ("database",)),
    ("jobs", processes.jobs, ("database",)),
    ("storage", installation.storage, ()),
    ("cluster", servers.cluster, ()),
    ("disk", installation.disk, ()),
    ("secrets", installation.secrets, ("database",)),
    ("outbound", installation.outbound, ()),
    ("e-mail", installation.email, ()),
)
"""(name, look, the names of those without which it cannot be looked at)"""


class Command(OperatorCommand):
    help = (
        "Look at every part of this installation: database, clock, migrations, Redis, queues, workers, beat, stalled "
        "jobs, storage, disk space, secrets, outbound rules, e-mail. Each line says ok, warning or wrong, and what to "
        "do."
    )
    examples = ("", "--json")
    codes = "exit codes: 0 nothing is wrong, though there may be warnings; 1 something is; 2 a setting cannot be read."

    def handle(self, **options: Any) -> None:
        found: list[Finding] = []
        for name, look, needs in LOOKS:
            away = [each.check for each in found if each.check in needs and each.state == State.WRONG]
            found += [unasked(name, " and ".join(away))] if away else looked(name, look)
        worst = max((each.state for each in found), key=list(State).index)
        rows = [(each.state, each.check, f"{each.found}. {each.advice}".strip()) for each in found]
        document = {"state": worst, "findings": [asdict(each) for each in found]}
        self.console.show(document, table(["State", "What", "How it is, and what to do"], rows))
        if worst == State.WRONG:
            raise Wrong(f"{_count(found, State.WRONG)} wrong, {_count(found, State.WARNING)} warnings.")


def _count(found: list[Finding], state: State) -> int:
    return sum(each.state == state for each in found)
