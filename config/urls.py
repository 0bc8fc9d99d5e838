"""Where every address leads."""

from django.contrib import admin
from django.urls import include, path

from apps.core import requests

handler400 = requests.bad_request
handler403 = requests.permission_denied
handler404 = requests.page_not_found
handler500 = "config.errors.server_error"

urlpatterns = [
    path("api/v1/", include("config.api_urls")),
    path("admin/", admin.site.urls),
    path("", include("apps.accounts.urls")),
    path("", include("apps.assistant.urls")),
    path("", include("apps.platforms.urls")),
    path("", include("apps.ingest.urls")),
    path("", include("apps.console.urls")),
]
