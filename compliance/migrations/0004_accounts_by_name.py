from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Cast

import compliance.queries
from web.indexes import AddIndexAgain


class Migration(migrations.Migration):
    atomic = False  # the index is made while the table is in use

    dependencies = [("compliance", "0003_indexes_for_long_lists")]

    operations = [
        AddIndexAgain(
            model_name="violation",
            index=models.Index(
                Cast("account", compliance.queries.Name()), models.F("id"), name="violation_by_account_name"
            ),
        ),
        RemoveIndexConcurrently(model_name="violation", name="violation_by_account"),
    ]
