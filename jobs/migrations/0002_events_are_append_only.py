from django.db import migrations

from accounts.append_only import protect


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit_is_append_only"), ("jobs", "0001_initial")]

    operations = [protect("jobs_jobevent")]
