"""What all commands for operators share: help, exit codes, faults in words."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError

from config.processes import PROJECT, free_port
from terminal.command import OperatorCommand, Wrong, readable
from terminal.exits import Exit
from tests import commands
from web.errors import Conflict, Unavailable

OURS = {
    name: load_command_class(app, name)
    for name, app in get_commands().items()
    if (PROJECT / str(app) / "management").exists()
}
SHOWS = {"serve", "demo", "demo_signals", "sandbox_provider"}  # they run until they are stopped, or play something
FOR_AUDITORS = {"verify_bundle"}  # runs without Django


class Command(OperatorCommand):
    """Raises what it was told to."""

    help = "Raise."
    examples = ("--now",)
    requires_system_checks = ()
    fault: Exception | None = None

    def handle(self, **options: Any) -> None:
        if self.fault:
            raise self.fault
        self.console.show({"done": True}, "Done.")


def ended(fault: Exception | None, *words: str) -> tuple[int, str]:
    """(exit code, standard output) of a command as `call_command` leaves it."""
    command, out = Command(), io.StringIO()
    command.fault = fault
    try:
        call_command(command, *words, stdout=out, stderr=io.StringIO())
    except CommandError as told:
        return told.returncode, out.getvalue()
    return 0, out.getvalue()


def test_every_command_of_ours_speaks_as_the_others() -> None:
    others = {name for name, command in OURS.items() if not isinstance(command, OperatorCommand)}
    assert others == SHOWS | FOR_AUDITORS


@pytest.mark.parametrize("name", sorted(set(OURS) - SHOWS - FOR_AUDITORS))
def test_help_shows_examples_that_parse_and_the_exit_codes(name: str) -> None:
    command = OURS[name]
    assert isinstance(command, OperatorCommand)
    told = command.create_parser("manage.py", name).format_help()
    assert "exit codes: 0 " in told
    assert "--json" in told
    assert command.examples
    for example in command.examples:
        assert f"  manage.py {name} {example}".rstrip() in told
        command.create_parser("manage.py", name).parse_args(_words(example))


def _words(example: str) -> list[str]:
    words = shlex.split(example)
    return words[: words.index(">")] if ">" in words else words


@pytest.mark.parametrize(
    ("fault", "code", "error"),
    [
        (Conflict("It is taken."), Exit.REFUSED, {"code": "CONFLICT", "message": "It is taken."}),
        (Unavailable("Come back."), Exit.FAILED, {"code": "UNAVAILABLE", "message": "Come back."}),
        (ValidationError(["a", "b"]), Exit.REFUSED, {"code": "VALIDATION_ERROR", "message": "a; b"}),
        (Wrong("It differs."), Exit.WRONG, {"code": "WRONG", "message": "It differs."}),
        (
            OperationalError("no route\nto host"), Exit.FAILED,
            {
                "code": "UNAVAILABLE",
                "message": "The database does not answer: no route. manage.py doctor looks closer.",
            },
        ),
    ],
)  # fmt: skip
def test_a_fault_has_its_exit_code_and_machines_read_it_too(
    fault: Exception, code: Exit, error: dict[str, str]
) -> None:
    assert ended(fault) == (code, "")
    told, out = ended(fault, "--json")
    assert (told, json.loads(out)) == (code, {"error": error})


def test_what_went_well_ends_with_0() -> None:
    assert ended(None) == (Exit.FINE, "Done.\n")
    assert ended(None, "--json") == (Exit.FINE, '{"done": true}\n')


def test_a_fault_after_the_result_prints_no_second_document() -> None:
    class Late(Command):
        def handle(self, **options: Any) -> None:
            self.console.show({"score": 1})
            raise Wrong("It is too low.")

    out = io.StringIO()
    with pytest.raises(Wrong):
        call_command(Late(), "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"score": 1}


def test_an_unforeseen_fault_never_looks_like_a_bad_answer(capsys: pytest.CaptureFixture[str]) -> None:
    command = Command()
    command.fault = ZeroDivisionError("oh")
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", "raise"])
    assert ended.value.code == Exit.FAILED
    assert "ZeroDivisionError: oh" in capsys.readouterr().err


def test_a_file_that_is_none_is_refused(tmp_path: Any) -> None:
    with pytest.raises(CommandError, match="is no file"):
        readable(tmp_path)
    (tmp_path / "file").touch()
    assert readable(tmp_path / "file") == tmp_path / "file"


@pytest.fixture
def nowhere() -> dict[str, str]:
    """Settings that are complete, and servers that are not there."""
    return {
        "DATABASE_URL": f"postgresql://127.0.0.1:{free_port()}/x", "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "DATABASE_CONNECT_TIMEOUT": "2",
    }  # fmt: skip


def test_a_database_that_is_away_is_told_in_a_line(nowhere: dict[str, str]) -> None:
    ran = commands.manage(nowhere, "create_group", "Acme", "--json")
    assert (ran.code, ran.document["error"]["code"]) == (Exit.FAILED, "UNAVAILABLE")
    assert "Failed: The database does not answer" in ran.err
    assert "Traceback" not in ran.err


def test_a_wrong_setting_is_told_in_a_line(nowhere: dict[str, str]) -> None:
    ran = commands.manage({**nowhere, "LOG_FORMAT": "loud"}, "doctor")
    assert (ran.code, ran.out) == (Exit.REFUSED, "")
    assert "LOG_FORMAT: must be json or console" in ran.err


def test_a_reader_that_has_left_ends_a_command_quietly(nowhere: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        commands.command("doctor"), env={**os.environ, **nowhere}, stdout=write, stderr=subprocess.PIPE,
        text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_an_option_that_cannot_be_used_is_told_to_machines_too() -> None:
    nowhere = {"DATABASE_URL": "postgresql://none/none", "REDIS_URL": "redis://none", "SECRET_KEY": "x" * 40}
    ran = commands.manage(nowhere, "grant_credits", "ID", "lots", "--json")
    assert ran.code == Exit.REFUSED
    assert ran.document == {"error": {"code": "REFUSED", "message": "argument amount: invalid int value: 'lots'"}}
    assert "usage: manage.py grant_credits" in ran.err
