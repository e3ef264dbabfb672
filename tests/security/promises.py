"""What Scanward promises about safety, and the tests that hold it. Paths that pytest understands."""

from __future__ import annotations

PROMISES: dict[str, tuple[str, ...]] = {
    "An account group is shown its own rows only, on every route of both APIs": (
        "tests/contract/test_routes.py", "tests/contract/test_v1_routes.py",
    ),
    "PostgreSQL keeps account groups apart when a filter of ours is missing": (
        "tests/contract/test_second_wall.py", "tests/accounts/test_row_security.py",
    ),
    "Staff see and do what their role in an account group says, at every address of the admin": (
        "tests/accounts/test_staff_addresses.py", "tests/accounts/test_roles.py", "tests/accounts/test_admin.py",
    ),
    "No input makes a 500, and what is refused says where it is wrong": (
        "tests/contract/test_bad_input.py", "tests/contract/test_v1_bad_input.py", "tests/web/test_parsers.py",
        "tests/contract/test_schemathesis.py", "tests/web/test_pagination.py", "tests/web/test_storing.py",
    ),
    "A hostile file is refused clearly and costs little": (
        "tests/compliance/uploads", "tests/contract/test_uploads.py", "tests/contract/test_large_uploads.py",
    ),
    "A rule cannot break out of the engine": (
        "tests/contract/test_bad_rules.py", "tests/compliance/engine/test_session.py",
        "tests/compliance/engine/test_rules.py", "tests/compliance/engine/test_rule_text.py",
    ),
    "Connections go to public places only": (
        "tests/web/test_outbound.py", "tests/web/test_lookups.py", "tests/web/test_session.py",
        "tests/compliance/sources",
    ),
    "API keys are stored as hashes, end when they should, and are not guessed": (
        "tests/accounts/test_keys.py", "tests/accounts/test_key_admin.py", "tests/accounts/test_authentication.py",
        "tests/accounts/test_throttling.py",
    ),
    "The login of the staff site is slowed down for who guesses, and may ask for a second factor": (
        "tests/accounts/test_login.py", "tests/accounts/test_second_factor.py",
    ),
    "No secret stands in a log or, readable, in the database": (
        "tests/security/test_planted_secrets.py", "tests/config/test_logging.py", "tests/web/test_sealed.py",
    ),
    "A real browser meets nothing that the Content-Security-Policy forbids": ("tests/browser/test_every_page.py",),
    "What was done cannot be changed without a trace": (
        "tests/accounts/test_audit.py", "tests/compliance/test_verify_history.py",
    ),
}  # fmt: skip
