"""ASGI entry: pages, API and, later, streams from one process."""

import os

from django.core.asgi import get_asgi_application

from apps.tenancy.checks import refuse_to_serve
from config.warming import warm_in_background

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
application = get_asgi_application()
refuse_to_serve()
warm_in_background()
