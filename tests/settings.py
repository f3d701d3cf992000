"""The site's settings in tests: secrets of no worth, and the database the test session started."""

import os
from pathlib import Path

_HERE = Path(__file__).resolve().parent

os.environ.setdefault("JIGONG_SECRET_KEY", "a secret that only the tests know, of enough characters")
os.environ.setdefault("JIGONG_DATA_KEY", "dGhlIHRlc3RzIGtleSwgd2hpY2ggcHJvdGVjdHMgbm8=")
os.environ.setdefault("JIGONG_LOOKUP_KEY", "dGhlIHRlc3RzIGtleSBvZiBsb29raW5nIHRoaW5ncyE=")
os.environ.setdefault("DATABASE_URL", "postgresql:///jigong-tests")
os.environ.setdefault("JIGONG_PACK", str(_HERE.parent / "packs" / "qiantang"))
os.environ.setdefault("JIGONG_DEMO", "1")
os.environ.setdefault("JIGONG_LOG_LEVEL", "ERROR")
os.environ.setdefault("JIGONG_TODAY", "2023-01-01")

from jigong.config.settings import *  # noqa: E402, F403
from jigong.config.settings import DATABASES, MIDDLEWARE  # noqa: E402

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# A pool would keep connections of one test open in the next. The server binds parameters, as it does for the site.
del DATABASES["default"]["OPTIONS"]["pool"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# It looks for collected files, which tests do not need.
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]
