"""Addresses of writing back over the API."""

from django.urls import path

from apps.platforms import api

urlpatterns = [
    path("tickets/<uuid:ticket_id>/replies/", api.ReplyView.as_view(), name="ticket-replies"),
    path("tickets/<uuid:ticket_id>/notes/", api.NoteView.as_view(), name="ticket-notes"),
    path("tickets/<uuid:ticket_id>/outgoing/<uuid:order_id>/", api.OutgoingView.as_view(), name="ticket-outgoing"),
]
