"""Every staff page in a real browser, in both themes, wide and narrow: nothing breaks the policy, nothing is wrong for
people who read by screen reader or keyboard, and nothing has to be scrolled to the side.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import AccountGroup, User
from tests.browser.conftest import Visit, Visitor
from tests.compliance import factories
from tests.compliance.admin import test_pages as compliance
from tests.prospecting.admin import test_pages as prospecting

pytestmark = pytest.mark.system

MAKERS = {**prospecting.PAGES, **compliance.PAGES}
SERIOUS = ("serious", "critical")
# Drawn by Django's own script for choosing many of many: a label on a mark that is no control.
THEIRS = {"exclude": [[".help-tooltip"]]}
FORM = {"light": 1280, "dark": 390}  # theme: width


@pytest.fixture
def superuser(system_db: None) -> User:
    number = User.objects.count()
    return factories.staff(f"superuser-{number}", superuser=True)


def looked_at(visitor: Visitor, path: str) -> list[str]:
    """What is wrong with the page: serious accessibility faults, and a width that has to be scrolled."""
    page = visitor.open(path)
    with visitor.deaf():
        faults = Axe().run(page, context=THEIRS).response["violations"]
    found = [
        f"{path}: {fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in faults if fault["impact"] in SERIOUS
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, f"{path}: {wide} px wider than the window"] if wide > 0 else found


def addresses(model: type[Model], user: User, group: AccountGroup) -> list[str]:
    """The pages of one model: its list, the page of a row, and the form for a new row."""
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    found = [reverse(f"admin:{name}_changelist")]
    if name in MAKERS:
        found.append(reverse(f"admin:{name}_change", args=[MAKERS[name](group).pk]))
    request = RequestFactory().get("/")
    request.user = user
    if admin.site.get_model_admin(model).has_add_permission(request):
        found.append(reverse(f"admin:{name}_add"))
    return found


@pytest.mark.parametrize("theme", FORM)
@pytest.mark.parametrize("app", sorted({model._meta.app_label for model in admin.site._registry}))
def test_every_page_of_an_app_is_clean(visit: Visit, superuser: User, theme: str, app: str) -> None:
    visitor, group = visit(superuser, theme=theme, width=FORM[theme]), factories.group("Acme")
    wrong = [
        fault
        for model in admin.site._registry
        if model._meta.app_label == app
        for address in addresses(model, superuser, group)
        for fault in looked_at(visitor, address)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("theme", FORM)
@pytest.mark.parametrize("path", ["/admin/", "/admin/password_change/", "/admin/second-factor/"])
def test_the_other_pages_are_clean(visit: Visit, superuser: User, theme: str, path: str) -> None:
    assert not looked_at(visit(superuser, theme=theme, width=FORM[theme]), path)


@pytest.mark.parametrize("theme", FORM)
def test_the_login_page_is_clean(visit: Visit, superuser: User, theme: str) -> None:
    visitor = visit(superuser, theme=theme, width=FORM[theme])
    visitor.page.context.clear_cookies()
    assert not looked_at(visitor, "/admin/login/")
