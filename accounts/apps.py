from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.core.signals import request_finished, request_started
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from web.postgresql import given_back


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"
    default = True

    def ready(self) -> None:
        from accounts import row_policies, row_security  # models: only once the apps are loaded

        post_migrate.connect(row_policies.make, sender=self)
        connection_created.connect(row_security.put_on)
        given_back.connect(row_security.reset)
        request_started.connect(row_security.leave)
        request_finished.connect(row_security.leave)


class StaffSiteConfig(admin.AdminConfig):
    """Django's admin, with a site of ours."""

    default = False
    default_site = "accounts.site.StaffSite"
