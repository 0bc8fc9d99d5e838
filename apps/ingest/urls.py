"""Addresses of webhooks, of the sync page, and of what an admin says of products."""

from django.urls import path

from apps.ingest import hook_views, product_views, sync_views

app_name = "ingest"
urlpatterns = [
    path("hooks/<slug:company_id>/<str:secret>/", hook_views.told, name="told"),
    path("sync/", sync_views.sync, name="sync"),
    path("sync/retry/", sync_views.retry_work, name="retry"),
    path("sync/<uuid:connection_id>/", sync_views.change_sync, name="change-sync"),
    path("webhooks/", hook_views.webhooks, name="webhooks"),
    path("webhooks/<uuid:connection_id>/", hook_views.change_webhook, name="webhook"),
    path("products/", product_views.products, name="products"),
    path("products/<uuid:connection_id>/", product_views.change_portals, name="portals"),
]
