"""Addresses of having things read or indexed again over the API."""

from django.urls import path

from apps.ingest import api

urlpatterns = [
    path("sync/reindex/", api.ReindexView.as_view(), name="sync-reindex"),
    path("sync/tickets/", api.SyncTicketsView.as_view(), name="sync-tickets"),
]
