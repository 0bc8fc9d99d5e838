"""The product's settings with addresses that read, for the processes of crowd.py."""

from config.settings.base import *  # noqa: F403

ROOT_URLCONF = "tests.isolation.pages"

DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 60  # noqa: F405 - eight want four: how long a machine takes says nothing
