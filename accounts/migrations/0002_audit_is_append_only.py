from django.db import migrations

from accounts.append_only import FUNCTION, protect


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [FUNCTION, protect("accounts_auditentry"), protect("accounts_creditentry")]
