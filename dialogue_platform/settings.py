"""Settings: one short file whose default is production.

Every environment variable is read once, here, and listed in the README.
"""

import base64
import os
from datetime import timedelta
from pathlib import Path

import dj_database_url
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / "var")  # what the site makes for itself


def flag(name, *, default):
    """Return the boolean in the environment; anything but True or False stops the start."""
    value = os.environ.get(name, str(default))
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f"{name} is {value!r}: write True or False.")
    return value == "True"


def required(name):
    """Return a variable that production cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is missing: set it, or set DEBUG=True to develop.")
    return value


def names(name, *, default=""):
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


DEBUG = flag("DEBUG", default=False)
SECRET_KEY = "only-for-development" if DEBUG else required("SECRET_KEY")
ALLOWED_HOSTS = names("ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = names("CSRF_TRUSTED_ORIGINS")
HTTPS = flag("HTTPS", default=not DEBUG)  # False: a trial of production on plain HTTP
BEHIND_PROXY = flag("BEHIND_PROXY", default=False)  # True: believe X-Forwarded-Proto and -For

INSTALLED_APPS = [
    "modeltranslation",  # before the admin, which it extends
    "dialogue_platform.admin_site.PlatformAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_prose_editor",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "dialogue_platform",
    "agreements",
    "experts",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # From here on each one works on what the next hands up: Latin page → ETag → gzip.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "dialogue_platform.middleware.SerbianLatinMiddleware",
    "dialogue_platform.middleware.ReaderLanguageMiddleware",
    "dialogue_platform.middleware.PlainRefusalMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "agreements.admin.language.ColleagueLanguageMiddleware",
    "axes.middleware.AxesMiddleware",  # the last: it puts the page of the lock in place of the form
]

ROOT_URLCONF = "dialogue_platform.urls"
WSGI_APPLICATION = "dialogue_platform.wsgi.application"

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
                "dialogue_platform.context.reader",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'dialogue.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Writers wait for each other instead of failing; readers never wait.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # recursive_triggers: REPLACE deletes a row, and the guards must see that.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Four public codes over three stored languages: see dialogue_platform/languages.py.
LANGUAGE_CODE = "sq"
LANGUAGES = [
    ("sq", "Shqip"),
    ("sr-latn", "Srpski"),
    ("sr-cyrl", "Српски"),
    ("en", "English"),
]
MODELTRANSLATION_LANGUAGES = ("sq", "sr", "en")
MODELTRANSLATION_DEFAULT_LANGUAGE = "sq"
MODELTRANSLATION_ENABLE_FALLBACKS = False  # a missing text is said to be missing
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "dialogue_platform.formats"
USE_TZ = True
TIME_ZONE = "Europe/Belgrade"  # the same clock as Prishtina's

MEDIA_ROOT = DATA_DIR / "files"  # originals; served by a view, never by the web server
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a sheet of sixty points has about eight hundred
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # its texts, twice as long in Cyrillic

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Letters to experts: in development files in DATA_DIR/mail; in production none leaves, and the
# command says so, until a mail server is named.
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000" if DEBUG else "").rstrip("/")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 20  # seconds
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "")
if EMAIL_HOST and not EMAIL_BACKEND:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
elif DEBUG and not EMAIL_BACKEND:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM", "review@localhost")

# Seals what experts say of their community; never in the database. Without it nobody is asked.
PERSPECTIVES_KEYS = names("PERSPECTIVES_KEY")
if DEBUG and not PERSPECTIVES_KEYS:
    PERSPECTIVES_KEYS = [base64.urlsafe_b64encode(b"only-for-development".ljust(32)).decode()]
for key in PERSPECTIVES_KEYS:
    try:
        Fernet(key)
    except ValueError as error:
        raise ImproperlyConfigured("PERSPECTIVES_KEY is no 32 bytes in base64.") from error

# A link to a review is a key: no log keeps it (dialogue_platform/logs.py).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_links": {"()": "dialogue_platform.logs.WithoutLinks"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["without_links"]},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"handlers": ["console"], "level": "INFO", "propagate": False}
        for name in ("django", "django.server", "django.request")
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes speak plain HTTP from inside
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "dialogue_platform.views.csrf_failure"

# Signing in: see dialogue_platform/accounts.py and docs/accounts.md.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # refuses the locked before a password is looked at
    "dialogue_platform.accounts.People",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # the pair: nobody locks out a colleague
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # fifteen minutes, and not one more
AXES_CLIENT_IP_CALLABLE = "dialogue_platform.accounts.client_address"
AXES_LOCKOUT_CALLABLE = "dialogue_platform.accounts.locked_out"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # who signed in when is nobody's business
AXES_VERBOSE = False  # no name in a log
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken"]
OTP_TOTP_ISSUER = "Dialogue Platform"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
