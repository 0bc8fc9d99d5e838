"""Settings, entry points and addresses of Deskhand."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
