"""Every block that a page marks as run is run as it stands there, against a running system."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, is_run, name
from tests.docs.running import USABLE, links, run_page

APART = ("docs/quickstart.md",)  # in a copy of its own, with servers of its own: test_quickstart.py
OF_ALL = ("docs/security.md",)  # checks all there is: on a database in which other tests left nothing
RUN = [page for page in PAGES if is_run(page) and name(page) not in APART]

pytestmark = [
    pytest.mark.system,
    pytest.mark.usefixtures("worker"),
    pytest.mark.skipif(not USABLE, reason="the pages use bash and curl"),
]


@pytest.mark.parametrize("page", RUN, ids=map(name, RUN))
def test_what_a_page_tells_to_run_does_what_it_says(
    page: Path, web_server: str, system_environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    environment = {**system_environment, "API": web_server}
    if name(page) in OF_ALL:
        server, _, _ = environment["DATABASE_URL"].rpartition("/")
        environment["DATABASE_URL"] = f"{server}/{request.getfixturevalue('fresh_database')}"
    links(tmp_path, "manage.py", "docs", ".venv")
    run_page(page, tmp_path, environment)
