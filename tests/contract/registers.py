"""Files for the packs: a row that complies, and for each rule one that differs in what the rule looks at."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

Row = Mapping[str, str]

PERSON = {
    "consent_status": "granted", "encrypted": "true", "data_category": "contact", "lawful_basis": "contract",
    "is_retrievable": "true", "deletion_requested": "false", "created_at": "2020-01-01", "age": "40",
    "parental_consent": "", "marketing_consent": "true", "marketing_sent": "true", "tls_enabled": "true",
    "dpo_assigned": "true", "dpia_completed": "true", "ropa_entry_exists": "true", "privacy_by_default": "true",
    "transfer_basis": "adequacy_decision",
}  # fmt: skip
GDPR: dict[str, Row] = {
    "GDPR-001": {"deletion_requested": "true"},
    "GDPR-002": {"consent_status": "withdrawn"},
    "GDPR-003": {"encrypted": "false"},
    "GDPR-004": {"data_category": "special_category"},
    "GDPR-005": {"is_retrievable": "false"},
    "GDPR-006": {"deletion_requested": "true", "created_at": "2999-01-01"},
    "GDPR-007": {"age": "15"},
    "GDPR-008": {"marketing_consent": "false"},
    "GDPR-009": {"lawful_basis": ""},
    "GDPR-010": {"tls_enabled": "false"},
    "GDPR-011": {"dpo_assigned": "false"},
    "GDPR-012": {"dpia_completed": "false"},
    "GDPR-013": {"ropa_entry_exists": "false"},
    "GDPR-014": {"privacy_by_default": "false"},
    "GDPR-015": {"transfer_basis": ""},
}
SYSTEM = {
    "mfa_enabled": "yes", "tenant_id": "tenant-7", "is_encrypted": "yes", "has_audit_log": "yes",
    "last_backup_age_hours": "24", "contains_secrets": "no", "is_active_user": "no", "last_access": "2024-05-01",
    "end_date": "2024-05-01", "has_access": "no", "region_mismatch": "no", "age_years": "7",
}  # fmt: skip
SOC2: dict[str, Row] = {
    "SOC2-CC6.1-001": {"mfa_enabled": "no"},
    "SOC2-CC6.1-002": {"tenant_id": "MISMATCH"},
    "SOC2-CC6.7-001": {"is_encrypted": "no"},
    "SOC2-CC7.1-001": {"has_audit_log": "no"},
    "SOC2-CC9.1-001": {"last_backup_age_hours": "25"},
    "SOC2-CC6.2-001": {"contains_secrets": "yes"},
    "SOC2-CC6.3-001": {"last_access": "2024-05-02"},
    "SOC2-CC5.2-001": {"region_mismatch": "yes"},
    "SOC2-P1.1-001": {"age_years": "8"},
}


def register(complying: Row, cases: Mapping[str, Row]) -> str:
    """A file with one account that complies, and one named after each rule, which does not in that rule's respect."""
    return table({"account": name} | complying | differing for name, differing in {"nobody": {}, **cases}.items())


def table(rows: Iterable[Row]) -> str:
    """CSV with the columns of the first row."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
