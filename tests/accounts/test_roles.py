"""Roles out of the box: what each may do with each model, and in which account groups. Nobody here has a permission by
hand unless a test gives one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import roles
from accounts.enums import Role
from accounts.models import AccountGroup, AuditEntry, Membership, User
from tests.compliance import factories
from tests.compliance.admin import test_pages as compliance
from tests.prospecting.admin import test_pages as prospecting

pytestmark = pytest.mark.django_db

ROLES = (Role.ADMINISTRATOR, Role.COMPLIANCE_ANALYST, Role.PROSPECTING_OPERATOR, Role.AUDITOR)
PAGES: dict[str, Callable[[Any], Any]] = {**prospecting.PAGES, **compliance.PAGES}

# What administrator, compliance analyst, prospecting operator and auditor may do with the rows of a model, in the order
# look, add, change, delete, act: the last is one of its deeds at least. A new model needs a row.
TABLE: dict[str, tuple[str, str, str, str]] = {
    "accounts.accountgroup": ("look change", "look", "look", "look"),
    "accounts.apikey": ("look add act", "", "", "look"),
    "accounts.auditentry": ("look", "", "", "look"),
    "accounts.creditaccount": ("look", "", "look", "look"),
    "accounts.creditentry": ("look add", "", "look", "look"),
    "accounts.membership": ("look add change delete", "", "", "look"),
    "accounts.user": ("", "", "", ""),
    "auth.group": ("", "", "", ""),
    "compliance.audit": ("look add change act", "look add change act", "", "look"),
    "compliance.case": ("look act", "look act", "", "look"),
    "compliance.compliancescan": ("look act", "look act", "", "look"),
    "compliance.dryrun": ("look act", "look act", "", "look"),
    "compliance.export": ("look", "look", "", "look"),
    "compliance.groupsettings": ("look add change", "look add change", "", "look"),
    "compliance.policy": ("look add change act", "look add change act", "", "look"),
    "compliance.policyversion": ("look", "look", "", "look"),
    "compliance.referencelist": ("look add change", "look add change", "", "look"),
    "compliance.schedule": ("look add change act", "look add change act", "", "look"),
    "compliance.schedulerun": ("look", "look", "", "look"),
    "compliance.source": ("look add change act", "look add change act", "", "look"),
    "compliance.sourceimport": ("look", "look", "", "look"),
    "compliance.upload": ("look add act", "look add act", "", "look"),
    "compliance.violation": ("look act", "look act", "", "look"),
    "compliance.waiver": ("look add act", "look add act", "", "look"),
    "django_celery_beat.clockedschedule": ("", "", "", ""),
    "django_celery_beat.crontabschedule": ("", "", "", ""),
    "django_celery_beat.intervalschedule": ("", "", "", ""),
    "django_celery_beat.periodictask": ("", "", "", ""),
    "django_celery_beat.solarschedule": ("", "", "", ""),
    "jobs.jobevent": ("look", "look", "look", "look"),
    "prospecting.audience": ("look act", "", "look act", "look"),
    "prospecting.company": ("look", "", "look", "look"),
    "prospecting.folder": ("look add change", "", "look add change", "look"),
    "prospecting.leadfile": ("look add", "", "look add", "look"),
    "prospecting.mergecandidate": ("look act", "", "look act", "look"),
    "prospecting.prospect": ("look act", "", "look act", "look"),
    "prospecting.prospectingjob": ("look act", "", "look act", "look"),
    "prospecting.prospectingsettings": ("look add change", "", "look add change", "look"),
    "prospecting.provider": ("look add change act", "", "look add change act", "look"),
    "prospecting.rowerror": ("look", "", "look", "look"),
    "prospecting.suppression": ("look add act", "", "look add act", "look"),
    "scans.activity": ("look", "", "look", "look"),
    "scans.finding": ("look", "", "look", "look"),
    "scans.monitor": ("look add act", "", "look add act", "look"),
    "scans.signal": ("look", "", "look", "look"),
    "scans.signalscan": ("look add act", "", "look add act", "look"),
    "scans.signalspecification": ("look add change act", "", "look add change act", "look"),
    "scans.sourcestate": ("look", "", "look", "look"),
    "scans.storeddocument": ("look", "", "look", "look"),
}


def label_of(model: type[Model]) -> str:
    return model._meta.label_lower


def member(role: Role, *groups: AccountGroup) -> User:
    return factories.staff(f"{role} {User.objects.count()}", *groups, role=role)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def allowed(model: type[Model], user: User) -> str:
    """What the pages of a model allow, as in TABLE."""
    pages: Any = admin.site.get_model_admin(model)
    request: Any = RequestFactory().get("/")
    request.user = User.objects.get(pk=user.pk)  # what an earlier request asked for is forgotten
    if not pages.has_view_permission(request):
        return ""
    deeds = [getattr(pages, name).deed.allowed(request) for name in getattr(pages, "deeds", ())]
    words = {
        "look": True, "add": pages.has_add_permission(request), "change": pages.has_change_permission(request),
        "delete": pages.has_delete_permission(request), "act": any(deeds) or bool(pages.get_actions(request)),
    }  # fmt: skip
    return " ".join(word for word, may in words.items() if may)


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=label_of), ids=label_of)
def test_each_role_may_do_with_each_model_what_the_table_says(model: type[Model]) -> None:
    group = factories.group("Acme")
    assert tuple(allowed(model, member(role, group)) for role in ROLES) == TABLE[label_of(model)]


@pytest.mark.parametrize("role", ROLES)
def test_what_the_table_says_holds_for_the_pages_themselves(role: Role) -> None:
    client = browser(member(role, factories.group("Acme")))
    for model in admin.site._registry:
        words, name = TABLE[label_of(model)][ROLES.index(role)].split(), label_of(model).replace(".", "_")
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == (200 if "look" in words else 403), name
        assert client.get(reverse(f"admin:{name}_add")).status_code == (200 if "add" in words else 403), name


def test_who_is_no_member_may_do_nothing() -> None:
    nobody = factories.staff("nobody")
    assert {allowed(model, nobody) for model in admin.site._registry} == {""}


def test_a_role_ends_with_the_membership_and_with_the_user() -> None:
    user = member(Role.ADMINISTRATOR, factories.group("Acme"))
    assert User.objects.get(pk=user.pk).has_perm("prospecting.view_prospect")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not User.objects.get(pk=user.pk).has_perm("prospecting.view_prospect")
    assert not User.objects.get(pk=user.pk).has_module_perms("prospecting")
    User.objects.filter(pk=user.pk).update(is_active=True)
    Membership.objects.all().delete()
    assert not User.objects.get(pk=user.pk).has_perm("prospecting.view_prospect")


def acting_and_looking() -> tuple[User, AccountGroup]:
    """Somebody who administers one account group, and the other group, in which they are an auditor."""
    acme, neighbour = factories.group("Acme"), factories.group("Neighbour")
    user = member(Role.ADMINISTRATOR, acme)
    user.memberships.create(group=neighbour, role=Role.AUDITOR)
    return user, neighbour


@pytest.mark.parametrize("name", PAGES)
def test_an_administrator_of_one_group_only_looks_where_they_are_an_auditor(name: str) -> None:
    user, neighbour = acting_and_looking()
    row, client = PAGES[name](neighbour), browser(user)
    pages: Any = admin.site.get_model_admin(type(row))
    answer = client.get(pages.url_of(row))
    assert answer.status_code == 200
    assert "/do/" not in answer.content.decode()
    for deed in pages.deeds:
        assert client.get(pages.url_of(row, "deed", deed)).status_code == 403, deed
        assert client.post(pages.url_of(row, "deed", deed), {"confirmed": "1"}).status_code == 403, deed
    assert client.post(pages.url_of(row), {"name": "Mine"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("name", PAGES)
def test_bulk_deeds_take_no_rows_of_a_group_in_which_one_only_looks(name: str) -> None:
    user, neighbour = acting_and_looking()
    row, client = PAGES[name](neighbour), browser(user)
    rows = type(row).objects.filter(pk=row.pk)
    before = str(rows.values().get())  # a sealed secret is no other's equal
    pages: Any = admin.site.get_model_admin(type(row))
    chosen = {"ids": str(row.pk), "select_across": "1", "_selected_action": row.pk, "confirmed": "1"}
    for action in pages.actions or ():
        client.post(reverse(f"admin:{name}_changelist"), {"action": action, **chosen})
    assert str(rows.values().get()) == before


@pytest.mark.parametrize("name", [name for name in PAGES if TABLE[name.replace("_", ".", 1)][0].find("add") > 0])
def test_forms_for_new_rows_offer_no_group_in_which_one_only_looks(name: str) -> None:
    user, _ = acting_and_looking()
    assert "Neighbour" not in browser(user).get(reverse(f"admin:{name}_add")).content.decode()


def test_nobody_reviews_in_a_group_in_which_they_only_look() -> None:
    user, neighbour = acting_and_looking()
    violation, client = factories.completed(neighbour).violations.get(), browser(user)
    address = reverse("admin:compliance_violation_review", args=[violation.pk])
    assert address not in client.get(reverse("admin:compliance_violation_change", args=[violation.pk])).content.decode()
    wanted = {"status": "false_positive", "note": "", "version": violation.version}
    assert client.post(address, wanted).status_code == 403
    violation.refresh_from_db()
    assert violation.status == "pending"


def test_an_auditor_does_not_make_themselves_an_administrator() -> None:
    user, neighbour = acting_and_looking()
    client, own = browser(user), user.memberships.get(group=neighbour)
    page = reverse("admin:accounts_membership_change", args=[own.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"role": Role.ADMINISTRATOR}).status_code == 403
    assert client.post(reverse("admin:accounts_membership_delete", args=[own.pk]), {"post": "yes"}).status_code == 403
    added = {"user": factories.staff("friend").username, "group": neighbour.pk, "role": Role.ADMINISTRATOR}
    client.post(reverse("admin:accounts_membership_add"), added)
    assert sorted(neighbour.memberships.values_list("role", flat=True)) == [Role.AUDITOR]
    group = reverse("admin:accounts_accountgroup_change", args=[neighbour.pk])
    assert client.post(group, {"name": "Mine", "plan": "enterprise"}).status_code == 403


def test_a_permission_by_hand_shows_no_rows_beyond_the_role() -> None:
    analyst = member(Role.COMPLIANCE_ANALYST, acme := factories.group("Acme"))
    analyst.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["accounts", "prospecting"]))
    for row in (prospecting.prospect(acme), AuditEntry.objects.filter(chain=acme.pk).first()):
        pages: Any = admin.site.get_model_admin(type(row))
        assert browser(analyst).get(pages.url_of(row)).status_code == 403


def test_events_are_seen_of_the_kinds_of_job_that_one_sees() -> None:
    acme = factories.group("Acme")
    prospecting.job(acme)
    factories.scan(acme)
    seen = {}
    for role in ROLES:
        page = browser(member(role, acme)).get(reverse("admin:jobs_jobevent_changelist"))
        seen[role] = {event.kind for event in page.context["cl"].result_list}
    both = {"prospecting_job", "compliance_scan"}
    assert list(seen.values()) == [both, {"compliance_scan"}, {"prospecting_job"}, both]


def test_every_role_says_in_words_what_it_is() -> None:
    assert set(roles.WORDS) == set(Role)
