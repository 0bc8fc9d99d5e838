"""Settings of the test suite: the real engines, cheap password hashing, nothing mocked."""

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES

DATABASES["default"]["TEST"] = {"MIGRATE": False}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = None  # nothing is collected here: files come from where they lie
WHITENOISE_AUTOREFRESH = True  # a file is looked for when it is asked for: each Client of a test would list all of them
SECOND_EMBEDDING_PROVIDER = ""  # a tenth of a second a chunk: tests that need it ask for `both_meanings`
