"""Django's settings, from the environment. Import fails with everything that is missing, and what to set."""

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from jigong.config.environment import read_environment
from jigong.config.logs import configure
from jigong.config.sign_in import openid_connect, read_sign_in

JIGONG = read_environment(os.environ)
SIGN_IN = read_sign_in(os.environ)

SECRET_KEY = JIGONG.secret_key
DEBUG = False
ALLOWED_HOSTS = list(JIGONG.hosts)
LOGGING = configure(JIGONG.log_level)
ROOT_URLCONF = "jigong.config.urls"
WSGI_APPLICATION = "jigong.config.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "jigong.audit",
    "jigong.accounts",
    "jigong.accounts.sessions",
    "jigong.dossiers",
    "jigong.delivery",
    "jigong.delivery.lottery",
    "jigong.delivery.ledger",
    "jigong.delivery.payments",
    "jigong.delivery.replay",
    "jigong.delivery.sampling",
    "jigong.delivery.ranking",
    "jigong.credentials",
    "jigong.services",
    "jigong.services.notices",
    "jigong.services.cases",
    "jigong.services.setting_aside",
    "jigong.services.invitations",
    "jigong.services.access_tokens",
    "jigong.services.reporting",
    "jigong.services.publishing",
    "jigong.portals.kit",
    "jigong.portals.entry",
    "jigong.portals.public",
    "jigong.portals.worker",
    "jigong.portals.enterprise",
    "jigong.portals.office",
    "jigong.portals.cockpit",
    "jigong.portals.api",
]

MIDDLEWARE = [
    "jigong.config.observe.Observe",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "jigong.accounts.sessions.middleware.SessionAccount",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "jigong.portals.kit.middleware.ContentSecurityPolicy",
    "jigong.portals.kit.middleware.Language",
    "jigong.portals.kit.middleware.Problems",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["jigong.portals.kit.templatetags.words", "jigong.portals.kit.templatetags.kit"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jigong.portals.kit.context.page",
            ],
        },
    }
]

_database = conninfo_to_dict(JIGONG.database_url)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.pop("dbname", "jigong"),
        "USER": _database.pop("user", ""),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": str(_database.pop("port", "")),
        # A connection that died while it waited in the pool is noticed before it is used.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_database,
            "pool": {"min_size": 1, "max_size": 16, "timeout": 5},
            # The server plans a statement once for each connection; two thirds of its work for a page was planning.
            "server_side_binding": True,
            "prepare_threshold": 3,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60

# allauth sees to second factors and to OpenID Connect; the pages are the site's own.
ACCOUNT_ADAPTER = "jigong.accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "jigong.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Jigong"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not JIGONG.https
SOCIALACCOUNT_ADAPTER = "jigong.accounts.adapters.SocialAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_PROVIDERS = {"openid_connect": openid_connect(SIGN_IN)}

LANGUAGE_CODE = "zh-hans"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = JIGONG.data / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "jigong.portals.kit.storage.StaticFiles"},
}

# An upload beyond this is refused while it arrives.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# One cache for every process: what was used once (a code, a key of a request) is used everywhere.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
# Not cached: signing out has to end a session in every process at once.
SESSION_ENGINE = "jigong.accounts.sessions.store"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = JIGONG.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if JIGONG.https else None
SECURE_HSTS_SECONDS = 31_536_000 if JIGONG.https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "jigong.portals.kit.views.csrf_failure"
