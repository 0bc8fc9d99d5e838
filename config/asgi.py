"""ASGI entry: pages, API and, later, streams from one process."""

import os

from django.core.asgi import get_asgi_application

from apps.tenancy.checks import refuse_migrating_login, refuse_open_walls
from config.warming import warm_in_background

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
application = get_asgi_application()
refuse_open_walls()
refuse_migrating_login()
warm_in_background()
