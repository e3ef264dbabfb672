"""Django's settings: wiring only. Every value that differs between installations comes from config.env."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from config import env, storage
from config.logging import LOGGING as LOGGING  # noqa: PLC0414  Django reads the name here

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.DEBUG
SECRET_KEY = env.SECRET_KEY
ALLOWED_HOSTS = env.ALLOWED_HOSTS
CSRF_TRUSTED_ORIGINS = env.CSRF_TRUSTED_ORIGINS

INSTALLED_APPS = [
    "django_celery_beat",  # first: jobs.beat_admin shows its rows instead of its own admin
    "accounts",
    "jobs",
    "prospecting",
    "scans",
    "compliance",
    "accounts.apps.StaffSiteConfig",  # django.contrib.admin, with a site of ours
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "django_htmx",
    "django.forms",  # for FORM_RENDERER
]
MIDDLEWARE = [
    "web.tracing.TraceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",  # refuses a Host that is not in ALLOWED_HOSTS
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "web.tracing.RequestLog",
    "web.unstorable.UnstorableText",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False  # no trailing slash anywhere in either API
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # widgets may be drawn by templates of ours

DATABASES = {
    "default": {
        **env.database(),
        "TEST": {"NAME": env.TEST_DATABASE},
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": env.DATABASE_POOL_SIZE,
                "timeout": env.DATABASE_CONNECT_TIMEOUT,
            },
            "prepare_threshold": 3,  # only what web.postgresql's `prepared` asks
            "connect_timeout": env.DATABASE_CONNECT_TIMEOUT,
            # Below the time limit of a job, so that no query outlives it; compiling takes longer than it saves.
            # A worker that stalls amid a transaction keeps its job's row from reaper and cancel no longer than a lease.
            "options": f"-c timezone=UTC -c jit=off -c statement_timeout={env.DATABASE_STATEMENT_TIMEOUT * 1000} "
            f"-c idle_in_transaction_session_timeout={env.JOB_LEASE * 1000}",
        },
    }
}
PARTNER_ROLE = env.PARTNER_ROLE
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "accounts.roles.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"  # one way of writing times and numbers
USE_THOUSAND_SEPARATOR = True

STATICFILES_DIRS = [("pictures", BASE_DIR / "docs" / "pictures")]  # of the documentation
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static" / "collected"
with suppress(OSError):  # WhiteNoise warns when it is missing, though it finds files without it
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = env.MEDIA_ROOT
STORAGES = {
    "default": storage.storage_of(env.STORAGE_URL),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Uploads always go to a file: never whole in memory.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = env.JSON_MAX

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Nothing from another host, and no script or style in a page itself. A page that needs less says so itself.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"], "script-src": ["'self'"], "style-src": ["'self'"], "img-src": ["'self'"],
        "font-src": ["'self'"], "connect-src": ["'self'"], "form-action": ["'self'"], "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}  # fmt: skip
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = env.HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if env.HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.HTTPS
if env.TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.KeyAuthentication"],
    # A view without a declared permission refuses everybody.
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.HasDeclaredPermission"],
    "DEFAULT_THROTTLE_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["web.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "web.answers.handle",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "web.envelope.Negotiation",
    "URL_FORMAT_OVERRIDE": None,  # `format` is a query parameter of ours
    # The renderers write times and decimals, each in its dialect.
    "DATETIME_FORMAT": None,
    "COERCE_DECIMAL_TO_STRING": False,
    "DEFAULT_SCHEMA_CLASS": "web.schema.DocumentedSchema",
    "UNAUTHENTICATED_USER": None,
    "UNICODE_JSON": True,
}
# Of one document over both APIs, which nobody is given; tests/contract/test_openapi.py holds each of the two.
SILENCED_SYSTEM_CHECKS = ["drf_spectacular.W001"]
SPECTACULAR_SETTINGS = {
    "TITLE": "Scanward",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "POSTPROCESSING_HOOKS": ["web.schema.name_enums"],
    "PATH_CONVERTER_OVERRIDES": {
        "any_uuid": {"type": "string", "format": "uuid"},
        "object_id": {"type": "string", "pattern": "^[0-9a-f]{24}$"},
        "anything": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    "ENUM_NAME_OVERRIDES": {
        "ScanStatus": "compliance.api.answers.scans.STATUSES",
        "AuditStatus": "compliance.enums.AuditStatus",
        "CasePriority": "compliance.enums.CasePriority",
        "CaseStatus": "compliance.enums.CaseStatus",
        "CatchUp": "compliance.enums.CatchUp",
        "ViolationDelta": ["new", "unchanged"],
        "Overlap": "compliance.enums.Overlap",
        "PiiKind": "compliance.api.answers.pii.KINDS",
        "ReviewStatus": "compliance.enums.ReviewStatus",
        "RuleState": ["completed", "not_applicable", "error"],
        "Severity": "compliance.enums.Severity",
        "UploadStatus": "compliance.enums.UploadStatus",
    },
}

REDIS_URL = env.REDIS_URL
REDIS_PREFIX = env.REDIS_PREFIX
REDIS_TIMEOUT = env.REDIS_TIMEOUT
WEB_THREADS = env.WEB_THREADS

# The life of a job, jobs/lifecycle.py. Seconds.
JOB_LEASE = env.JOB_LEASE
JOB_HEARTBEAT = env.JOB_HEARTBEAT
JOB_MAX_ATTEMPTS = env.JOB_MAX_ATTEMPTS
JOB_TIME_LIMIT = env.JOB_TIME_LIMIT
JOBS_RUNNING_PER_GROUP = env.JOBS_RUNNING_PER_GROUP

# Compliance scans, compliance/execution.py.
SCAN_RUN_WAIT = env.SCAN_RUN_WAIT
SCAN_MAX_RECORDS = env.SCAN_MAX_RECORDS
SPARK_CONNECT_URL = env.SPARK_CONNECT_URL
SCAN_LOCAL_MAX_ROWS = env.SCAN_LOCAL_MAX_ROWS
SPARK_STORAGE = env.SPARK_STORAGE or storage.address_of(env.STORAGE_URL, env.MEDIA_ROOT)
DRY_RUN_DAYS = env.DRY_RUN_DAYS
SCAN_BATCH_ROWS = env.SCAN_BATCH_ROWS
ENGINE_THREADS = env.ENGINE_THREADS
ENGINE_MEMORY = env.ENGINE_MEMORY
ENGINE_TEMP = env.ENGINE_TEMP

# Prospecting jobs, prospecting/execution.py.
IMPORT_BATCH_ROWS = env.IMPORT_BATCH_ROWS
# Enrichment, prospecting/enrichment.
ENRICHMENT_SITES = env.ENRICHMENT_SITES
ENRICHMENT_AT_ONCE = env.ENRICHMENT_AT_ONCE
ENRICHMENT_SITE_SECONDS = env.ENRICHMENT_SITE_SECONDS
ENRICHMENT_MX = env.ENRICHMENT_MX
ENRICHMENT_NAMESERVERS = tuple(env.ENRICHMENT_NAMESERVERS)

# Exports, compliance/exports.
EXPORT_STREAM_ROWS = env.EXPORT_STREAM_ROWS
EXPORT_LINK_SECONDS = env.EXPORT_LINK_SECONDS
EXPORT_KEEP_SECONDS = env.EXPORT_KEEP_SECONDS
SIGNING_KEY = env.SIGNING_KEY
# Data sources and schedules; what may be connected to is judged in web/destinations.py.
OUTBOUND_HTTP = env.OUTBOUND_HTTP
OUTBOUND_ALLOW = env.outbound_allow()
SOURCE_ROOTS = env.SOURCE_ROOTS
SOURCE_S3_ENDPOINT = env.SOURCE_S3_ENDPOINT
SOURCE_SECONDS = env.SOURCE_SECONDS
ENCRYPTION_KEYS = env.ENCRYPTION_KEYS
SUPPRESSION_KEYS = env.SUPPRESSION_KEYS or [env.SECRET_KEY]
SCHEDULE_LATE = env.SCHEDULE_LATE
SANDBOX_PROVIDER_URL = env.SANDBOX_PROVIDER_URL
REMOTE_SCAN_SECONDS = env.REMOTE_SCAN_SECONDS
# Sources of signals, scans/fetching and scans/sources.
SIGNAL_REQUESTS = env.SIGNAL_REQUESTS
SIGNAL_REQUESTS_PER_HOST = env.SIGNAL_REQUESTS_PER_HOST
SIGNAL_REQUESTS_PER_BOARD = env.SIGNAL_REQUESTS_PER_BOARD
SIGNAL_SECONDS = env.SIGNAL_SECONDS
SIGNAL_PATIENCE = env.SIGNAL_PATIENCE
SIGNAL_INTERVAL_LEAST = env.SIGNAL_INTERVAL_LEAST
SIGNAL_INTERVAL_MOST = env.SIGNAL_INTERVAL_MOST
SIGNAL_DOCUMENT_DAYS = env.SIGNAL_DOCUMENT_DAYS
SIGNAL_FINDING_DAYS = env.SIGNAL_FINDING_DAYS
SIGNAL_HALF_LIVES = env.for_signals(env.SIGNAL_HALF_LIVES)
SIGNAL_WEIGHTS = env.for_signals(env.SIGNAL_WEIGHTS)
GREENHOUSE_URL = env.GREENHOUSE_URL
LEVER_URL = env.LEVER_URL
ASHBY_URL = env.ASHBY_URL

globals().update(env.email())
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.EMAIL_FROM
PUBLIC_URL = env.PUBLIC_URL

# Early acknowledgement: the lease and the reaper recover what a killed worker held (docs/adr/0003).
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # it believes X-Forwarded-For; web.tracing binds the client

CELERY_BROKER_URL = env.REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": env.REDIS_PREFIX,
    "socket_connect_timeout": float(env.REDIS_TIMEOUT),
    "socket_timeout": 5 * float(env.REDIS_TIMEOUT),
}
CELERY_BROKER_CONNECTION_TIMEOUT = float(env.REDIS_TIMEOUT)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "short"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Our own deadline (TIMED_OUT) comes first; these two catch code that hears nothing any more.
CELERY_TASK_SOFT_TIME_LIMIT = env.JOB_TIME_LIMIT + 30
CELERY_TASK_TIME_LIMIT = env.JOB_TIME_LIMIT + 60
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.WORKER_CONCURRENCY
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# It writes down at once what it has published, and not each three minutes: by that manage.py doctor sees it alive.
CELERY_BEAT_SYNC_EVERY = 1
CELERY_BEAT_SCHEDULE = {
    "publish queued jobs again": {"task": "jobs.tasks.sweep", "schedule": env.JOB_SWEEP_EVERY},
    "recover jobs of lost workers": {"task": "jobs.tasks.reap", "schedule": env.JOB_REAP_EVERY},
    # Made late it is of no use: the next one is on its way.
    "dispatch due schedules": {
        "task": "compliance.tasks.tend_schedules",
        "schedule": env.SCHEDULE_EVERY,
        "options": {"expire_seconds": max(60, 2 * env.SCHEDULE_EVERY)},
    },  # fmt: skip
    "start scans of monitors": {
        "task": "scans.tasks.tend_monitors",
        "schedule": env.SCHEDULE_EVERY,
        "options": {"expire_seconds": max(60, 2 * env.SCHEDULE_EVERY)},
    },
    "end waivers that have expired": {"task": "compliance.tasks.expire_waivers", "schedule": 60},
    "forget old idempotency keys": {"task": "accounts.tasks.forget_expired_idempotency_keys", "schedule": 3600},
    "forget old dry runs": {"task": "compliance.tasks.forget_dry_runs", "schedule": 3600},
    "delete what groups no longer keep": {"task": "compliance.tasks.apply_retention", "schedule": 24 * 3600},
    "forget old files of leads": {"task": "prospecting.tasks.forget_old_leads", "schedule": 3600},
    "forget old documents of sources": {"task": "scans.tasks.forget_old_documents", "schedule": 24 * 3600},
    "delete what scans found long ago": {"task": "scans.tasks.forget_old_findings", "schedule": 24 * 3600},
    "remove expired exports": {"task": "compliance.tasks.remove_expired_exports", "schedule": 600},
}
DJANGO_STRUCTLOG_CELERY_ENABLED = True
