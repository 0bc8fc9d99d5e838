"""ASGI entry: pages, API and, later, streams from one process."""

import os

from django.core.asgi import get_asgi_application

from apps.tenancy.checks import refuse_to_serve
from config.warming import warm_in_background

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
pages = get_asgi_application()

from config.calls import calls_apart  # noqa: E402 - reads models, which are there now

application = calls_apart(pages)
refuse_to_serve()
warm_in_background()
