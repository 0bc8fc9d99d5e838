"""Addresses of the agent's pages."""

from django.urls import path

from apps.assistant import downloads, feedback_pages, saved_pages, search_pages, sent, sources, team_pages, views

app_name = "assistant"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("views/", saved_pages.views, name="views"),
    path("views/<uuid:view_id>/", saved_pages.change_view, name="view"),
    path("tickets/<uuid:ticket_id>/", views.ticket_page, name="ticket"),
    path("tickets/<uuid:ticket_id>/messages/", views.more_messages, name="messages"),
    path("tickets/<uuid:ticket_id>/live/", views.live_note, name="live"),
    path("tickets/<uuid:ticket_id>/draft/", views.draft_card, name="draft"),
    path("tickets/<uuid:ticket_id>/draft/used/", views.draft_used, name="draft-used"),
    path("tickets/<uuid:ticket_id>/ask/", views.ask_ticket, name="ask-ticket"),
    path("messages/<uuid:message_id>/sent/", sent.message_as_sent, name="message-sent"),
    path("files/<uuid:file_id>/", downloads.download, name="file"),
    path("search/", search_pages.search_page, name="search"),
    path("feedback/", feedback_pages.feedback, name="feedback"),
    path("team/feedback/", team_pages.team_feedback, name="team-feedback"),
    path("ask/", views.ask_page, name="ask"),
    path("sources/messages/<uuid:source_id>/", sources.source_message, name="source-message"),
    path("sources/files/<uuid:source_id>/", sources.source_attachment, name="source-attachment"),
    path("sources/articles/<uuid:source_id>/", sources.source_article, name="source-article"),
]
