"""Django settings: read from the environment."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from dashboard import environment
from dashboard.database import (
    DEFAULT_CONNECTIONS,
    MINIMUM_CONNECTIONS,
    audit_trail_database,
    database,
)
from dashboard.keys import keys
from dashboard.public_url import public_url
from dashboard.timings import Timings

# --- what the environment sets

BASE_DIR = Path(__file__).resolve().parent.parent
MODE = environment.choice("QUARTERDECK_MODE", "development", ("development", "production"))
PRODUCTION = MODE == "production"
DEBUG = False

DATA_DIR = environment.folder("QUARTERDECK_DATA", BASE_DIR / "data")
_keys = keys(DATA_DIR, production=PRODUCTION)
SECRET_KEY = _keys.secret
SEALING_KEYS = _keys.sealing

PUBLIC_URL = public_url(environment.text("QUARTERDECK_PUBLIC_URL"), production=PRODUCTION)
SUB_PATH = PUBLIC_URL.path if PUBLIC_URL else ""
TRUSTED_PROXIES = environment.networks("QUARTERDECK_TRUSTED_PROXIES")
LISTEN = environment.text("QUARTERDECK_LISTEN", "127.0.0.1:8000")
LOG_LEVEL = environment.choice("QUARTERDECK_LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = environment.choice("QUARTERDECK_LOG_FORMAT", "text", ("text", "json"))
METRICS_TOKEN = environment.token("QUARTERDECK_METRICS_TOKEN")
METRICS_LISTEN = environment.private_address("QUARTERDECK_METRICS_LISTEN")
AUDIT_CHECKPOINT_FILE = environment.file("QUARTERDECK_AUDIT_CHECKPOINT_FILE")
SHUTDOWN_TIMEOUT = environment.number("QUARTERDECK_SHUTDOWN_TIMEOUT", 20, minimum=1, maximum=3600)
SHUTDOWN_GRACE = environment.number("QUARTERDECK_SHUTDOWN_GRACE", 1, maximum=SHUTDOWN_TIMEOUT // 2)
REDIS_URL = environment.secret("QUARTERDECK_REDIS_URL")

# In one process: rows of all feeds; MiB of cluster data, of which one user, or one cluster, can have half; open pages
# of one user, of which one session can have half.
QUARTERDECK_MAX_ROWS = environment.number("QUARTERDECK_MAX_ROWS", 500_000, minimum=1000)
QUARTERDECK_MAX_MEMORY = environment.number("QUARTERDECK_MAX_MEMORY", 1024, minimum=64, maximum=10**6)
QUARTERDECK_MAX_SOCKETS = environment.number("QUARTERDECK_MAX_SOCKETS", 200, minimum=2)

# Connections of one address that is no trusted proxy.
QUARTERDECK_MAX_CONNECTIONS = environment.number("QUARTERDECK_MAX_CONNECTIONS", 256, minimum=4)

# Days after which a bulk run is deleted with its results; the audit trail keeps what was done.
BULK_RUN_DAYS = environment.number("QUARTERDECK_BULK_RUN_DAYS", 90, minimum=1, maximum=3650)

# How long engines and pages wait. On purpose no variable: tests/quick_settings.py is the only other value.
TIMINGS = Timings()

# --- personal tokens

PERSONAL_TOKEN_MAX_DAYS = environment.number("QUARTERDECK_TOKEN_MAX_DAYS", 365, minimum=1, maximum=3650)
_public_ca = environment.file("QUARTERDECK_PUBLIC_CA")
PUBLIC_CA = _public_ca.read_text() if _public_ca else ""  # PEM that kubeconfigs hold

# --- hosts, cookies and headers

ALLOWED_HOSTS = ([PUBLIC_URL.written_host] if PUBLIC_URL else []) + (
    [] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL.origin] if PUBLIC_URL else []
FORCE_SCRIPT_NAME = SUB_PATH or None
USE_X_FORWARDED_HOST = False  # dashboard.proxies has put what is true into each request

_secure = bool(PUBLIC_URL and PUBLIC_URL.is_secure)
_cookie_prefix = ("__Secure-" if SUB_PATH else "__Host-") if _secure else ""
SESSION_ENGINE = "people.sessions"
SESSION_COOKIE_NAME = f"{_cookie_prefix}quarterdeck-session"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _secure
SESSION_COOKIE_PATH = SUB_PATH or "/"
CSRF_COOKIE_NAME = f"{_cookie_prefix}quarterdeck-csrf"
CSRF_FAILURE_VIEW = "dashboard.shell.errors.csrf_failed"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _secure
CSRF_COOKIE_PATH = SUB_PATH or "/"
DEVICE_COOKIE_NAME = f"{_cookie_prefix}quarterdeck-device"
THEME_COOKIE_NAME = f"{_cookie_prefix}quarterdeck-theme"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _secure else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024  # the API server's own limit
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # no body that is taken touches a disk: there are keys in them
FILE_UPLOAD_HANDLERS = ["dashboard.clusters.uploads.InMemory"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],  # sockets of the same host and port are within it
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- parts

INSTALLED_APPS = [
    "daphne",
    "channels",
    "people",
    "people.audit",
    "clusters",
    "dashboard",
    "dashboard.assets",
    "dashboard.shell",
    "dashboard.frame",
    "dashboard.audit",
    "dashboard.live",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "template_partials",
]

MIDDLEWARE = [  # those that only add headers come first, so that static files and refusals have them too
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "dashboard.headers.headers",
    "dashboard.monitoring.middleware.monitoring_middleware",
    # In production dashboard.assets answers before Django; in development a changed file is there at the next load.
    *(() if PRODUCTION else ("whitenoise.middleware.WhiteNoiseMiddleware",)),
    "django.middleware.gzip.GZipMiddleware",  # pads what it compresses by random bytes, against BREACH
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.middleware.record_last_seen",
    "dashboard.audit.middleware.audit_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "dashboard.shell.outage.outage_middleware",
]

ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
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
                "csp.context_processors.nonce",
                "dashboard.shell.context.shell",
            ]
        },
    }
]

# --- where things are kept

_database_url = environment.secret("DATABASE_URL")
_connections = environment.number(
    "QUARTERDECK_DATABASE_CONNECTIONS", DEFAULT_CONNECTIONS, minimum=MINIMUM_CONNECTIONS, maximum=1000
)
DATABASES = {
    "default": database(_database_url, DATA_DIR, _connections),
    "audit": audit_trail_database(_database_url, DATA_DIR),
}
DATABASE_ROUTERS = ["people.audit.routing.AuditTrailRouter"]
if REDIS_URL and find_spec("redis") is None:
    raise ImproperlyConfigured(
        "QUARTERDECK_REDIS_URL is set, but redis is not installed: "
        "pip install --require-hashes -r requirements-replicas.lock"
    )

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "dashboard.monitoring.log_redaction.RedactingFormatter",
            "format": "{asctime} {levelname} [{request_id}] {name}: {message}",
            "style": "{",
        },
        "json": {"()": "dashboard.monitoring.logs.build_json_formatter"},
    },
    "handlers": {
        "console": {"class": "dashboard.monitoring.log_limits.LimitedHandler", "formatter": LOG_FORMAT}
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "NOTSET", "propagate": True},
        # Their DEBUG lines hold a page's whole context and the values of each row: what was typed, Secrets, sessions.
        "django.template": {"level": "INFO"},
        "django.db.backends": {"level": "INFO"},
        # Whatever the level: who keeps the log elsewhere can prove by it that no row was removed.
        "people.audit.checkpoints": {"level": "INFO"},
    },
}

AUTH_USER_MODEL = "people.User"
LOGIN_URL = "accounts:sign_in"
# One alone: a name with a hash of another kind would be told from one that nobody has by the time it takes.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
_validators = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_validators}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name")},
    },
    {"NAME": f"{_validators}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validators}.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "dashboard.assets.storage.AssetStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # in development alone
WHITENOISE_ALLOW_ALL_ORIGINS = False  # nobody else's page needs our files
