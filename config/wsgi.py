"""WSGI entry: pages and API in production, half the CPU of ASGI a request."""

import os

from django.core.wsgi import get_wsgi_application

from apps.tenancy.checks import refuse_to_serve
from config.warming import warm_in_background

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
application = get_wsgi_application()
refuse_to_serve()
warm_in_background()
