"""Account groups (tenants), staff, API keys, rate limits, idempotency, the audit log."""
