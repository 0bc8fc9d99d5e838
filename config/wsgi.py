"""WSGI entry: pages and API in production, half the CPU of ASGI a request."""

import os

from django.core.wsgi import get_wsgi_application

from apps.tenancy.checks import refuse_migrating_login, refuse_open_walls
from config.warming import warm_in_background

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
application = get_wsgi_application()
refuse_open_walls()
refuse_migrating_login()
warm_in_background()
