"""The worker application: late acknowledgement, short limits, JSON only (decisions 26)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("deskhand")
app.config_from_object("config.celery_settings")
app.autodiscover_tasks()
