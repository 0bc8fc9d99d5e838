"""Addresses of the assistant's API."""

from django.urls import path

from apps.assistant import api, articles_api, brief_api, feedback_api, search_api

urlpatterns = [
    path("tickets/", api.TicketListView.as_view(), name="ticket-list"),
    path("tickets/<uuid:ticket_id>/", api.TicketView.as_view(), name="ticket"),
    path("tickets/<uuid:ticket_id>/brief/", api.BriefView.as_view(), name="ticket-brief"),
    path("tickets/<uuid:ticket_id>/draft/", api.DraftView.as_view(), name="ticket-draft"),
    path("tickets/<uuid:ticket_id>/similar/", brief_api.SimilarView.as_view(), name="ticket-similar"),
    path("tickets/<uuid:ticket_id>/articles/", brief_api.ArticlesView.as_view(), name="ticket-articles"),
    path("articles/", articles_api.ArticleListView.as_view(), name="article-list"),
    path("articles/<uuid:article_id>/", articles_api.ArticleView.as_view(), name="article"),
    path("sync/", articles_api.SyncView.as_view(), name="sync"),
    path("ask/", api.AskView.as_view(), name="ask"),
    path("search/", search_api.SearchView.as_view(), name="search"),
    path("feedback/", feedback_api.FeedbackView.as_view(), name="feedback"),
]
