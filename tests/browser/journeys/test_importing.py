"""Journey: a file of leads has faults; they are read, corrected, and the people imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.enums import Role
from prospecting.models import Audience, Prospect, RowError
from tests.browser.journeys.conftest import Enter, Person, file
from tests.prospecting import jobs

pytestmark = pytest.mark.system

WRONG = """First Name,Last Name,Work Email,Position
Anna,Auer,anna@acme.example,CTO
Ben,Berg,ben-at-acme,CFO
Cleo,Cerny,cleo@acme.example,CEO
"""
RIGHT = WRONG.replace("ben-at-acme", "ben@acme.example")
FAULT = "is no e-mail address"


def test_faults_are_corrected_before_the_import(enter: Enter, worker: None) -> None:
    person = enter(Role.PROSPECTING_OPERATOR, jobs.group(credit=10))
    person.follow("Import leads")
    send(person, WRONG)
    person.reads("All 3 rows were tried")
    assert person.row(FAULT).startswith("3\temail\t")  # the line of the file, below that of the names
    person.follow("Send another file")
    send(person, RIGHT)
    person.reads("Every row and every value can be taken.")
    import_and_watch(person)
    assert people(person) == {"Anna Auer", "Ben Berg", "Cleo Cerny"}
    person.follow("leads")
    person.reads("Ben Berg")


def test_rows_that_failed_are_downloaded_corrected_and_sent_again(enter: Enter, worker: None) -> None:
    person = enter(Role.PROSPECTING_OPERATOR, jobs.group(credit=10))
    person.follow("Import leads")
    send(person, WRONG)
    import_and_watch(person)
    assert people(person) == {"Anna Auer", "Cleo Cerny"}
    assert person.row(FAULT).startswith("3\t")
    with person.page.expect_download() as download:
        person.page.get_by_role("link", name="All as CSV").click()
    rejected = Path(download.value.path()).read_text()
    person.follow("Send the corrected rows")
    send(person, rejected.replace("ben-at-acme", "ben@acme.example"))
    person.reads("Every row and every value can be taken.")
    import_and_watch(person)
    assert people(person) == {"Anna Auer", "Ben Berg", "Cleo Cerny"}
    assert Audience.objects.get(group=person.group).prospect_count == 3
    assert RowError.objects.filter(job__group=person.group).count() == 1


def send(person: Person, text: str) -> None:
    person.put("File", file("leads.csv", text))
    person.press("Send the file")


def import_and_watch(person: Person) -> None:
    person.press("Start the import")
    person.reads("The import is queued")
    person.reads("completed")


def people(person: Person) -> set[str]:
    return set(Prospect.objects.filter(group=person.group).values_list("name", flat=True))
