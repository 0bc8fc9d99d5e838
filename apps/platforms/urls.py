"""Addresses of what is written to a helpdesk."""

from django.urls import path

from apps.platforms import label_views, write_views

app_name = "platforms"
urlpatterns = [
    path("ai-label/", label_views.labels, name="labels"),
    path("ai-label/<uuid:connection_id>/", label_views.change_label, name="label"),
    path("tickets/<uuid:ticket_id>/write/", write_views.write, name="write"),
    path("tickets/<uuid:ticket_id>/send/", write_views.send_reply, name="send"),
    path("tickets/<uuid:ticket_id>/change/", write_views.change, name="change"),
    path("tickets/<uuid:ticket_id>/begun/", write_views.begun, name="begun"),
    path("tickets/<uuid:ticket_id>/outgoing/", write_views.outgoing, name="outgoing"),
    path("outgoing/<uuid:order_id>/again/", write_views.again, name="again"),
]
