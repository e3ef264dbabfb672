from django.db import migrations

from accounts.append_only import protect


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial"), ("accounts", "0002_audit_is_append_only")]

    operations = [
        protect("compliance_policyversion"),
        protect("compliance_scoreevent"),
        protect("compliance_review"),
        protect("compliance_referencelistversion"),
        protect("compliance_casenote"),
        protect("compliance_caseevent"),
    ]
