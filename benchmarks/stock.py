"""The same answers as DRF's documentation builds them: ModelViewSet, ModelSerializer, PageNumberPagination, its JSON."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework import authentication, exceptions, pagination, renderers, serializers, viewsets

from apps.accounts.models import ApiToken, digest
from apps.assistant.models import Brief
from apps.platforms.models import Message, Ticket
from apps.platforms.ratings import Rating, TimeEntry
from apps.platforms.related import TicketLink


class StockAuthentication(authentication.BaseAuthentication):
    """Like DRF's TokenAuthentication: the token's row with its person, by the ORM."""

    def authenticate(self, request: Any) -> tuple[Any, ApiToken]:
        clear = request.META["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
        tokens = ApiToken.objects.select_related("user").filter(revoked_at=None, expires_at__gt=timezone.now())
        token = tokens.filter(digest=digest(clear), user__is_active=True).first()
        if token is None:
            raise exceptions.AuthenticationFailed
        return token.user, token


class StockSerializer(serializers.ModelSerializer[Ticket]):
    number = serializers.CharField(source="remote_id")
    status = serializers.CharField(source="status_label")
    category = serializers.CharField(source="status_category")
    customer = serializers.CharField(source="customer.name", default=None)
    group = serializers.CharField(source="group.name", default=None)
    customer_company = serializers.CharField(source="firm.name", default=None)
    product = serializers.CharField(source="product.name", default=None)
    draft = serializers.CharField(source="brief.outcome", default=None)

    class Meta:
        model = Ticket
        fields: ClassVar[list[str]] = [
            "id", "number", "subject", "status", "category", "priority", "language", "customer", "customer_company",
            "group", "product", "draft", "created_at", "updated_at",
        ]  # fmt: skip


class StockPages(pagination.PageNumberPagination):
    page_size = 25


class StockTickets(viewsets.ReadOnlyModelViewSet[Ticket]):
    authentication_classes = (StockAuthentication,)
    permission_classes = ()
    renderer_classes = (renderers.JSONRenderer,)
    serializer_class = StockSerializer
    pagination_class = StockPages

    def get_queryset(self) -> Any:
        shown = Ticket.objects.filter(state__in=["live", "archived"], deleted=False, status_category="open")
        return shown.select_related("customer", "firm", "group", "product", "brief").order_by("-updated_at", "-id")


def stock_list(environ: dict[str, Any]) -> HttpResponse:
    """The answer to a list request, without any middleware: less than a stock site does."""
    from django.core.handlers.wsgi import WSGIRequest

    request: HttpRequest = WSGIRequest(environ)
    response: HttpResponse = StockTickets.as_view({"get": "list"})(request).render()
    return response


class StockMessageSerializer(serializers.ModelSerializer[Message]):
    class Meta:
        model = Message
        fields: ClassVar[list[str]] = [
            "id", "number", "kind", "author", "author_name", "visibility", "text", "language", "created_at",
        ]  # fmt: skip


class StockRatingSerializer(serializers.ModelSerializer[Rating]):
    comment = serializers.CharField(source="feedback")

    class Meta:
        model = Rating
        fields: ClassVar[list[str]] = ["id", "score", "comment", "created_at"]


class StockTimeSerializer(serializers.ModelSerializer[TimeEntry]):
    agent = serializers.CharField(source="agent.name", default=None)

    class Meta:
        model = TimeEntry
        fields: ClassVar[list[str]] = ["id", "agent", "minutes", "billable", "running", "note", "spent_at"]


class StockLinkSerializer(serializers.ModelSerializer[TicketLink]):
    """Of its own end alone: less than we answer."""

    number = serializers.CharField(source="other")

    class Meta:
        model = TicketLink
        fields: ClassVar[list[str]] = ["kind", "id", "number"]


class StockThreadSerializer(StockSerializer):
    messages = StockMessageSerializer(many=True)
    ratings = StockRatingSerializer(many=True)
    time_entries = StockTimeSerializer(many=True, source="times")
    links = StockLinkSerializer(many=True)

    class Meta(StockSerializer.Meta):
        fields: ClassVar[list[str]] = [
            *(one for one in StockSerializer.Meta.fields if one != "draft"), "messages", "ratings", "time_entries", "links",
        ]  # fmt: skip

    draft = None


class StockThreads(StockTickets):
    serializer_class = StockThreadSerializer

    def get_queryset(self) -> Any:
        shown = Ticket.objects.filter(state__in=["live", "archived"], deleted=False)
        return shown.select_related("customer", "firm", "group", "product").prefetch_related(
            "messages", "ratings", "times__agent", "links"
        )


def stock_detail(environ: dict[str, Any], *, pk: UUID) -> HttpResponse:
    """The answer to a request for one ticket, without any middleware."""
    from django.core.handlers.wsgi import WSGIRequest

    request: HttpRequest = WSGIRequest(environ)
    response: HttpResponse = StockThreads.as_view({"get": "retrieve"})(request, pk=pk).render()
    return response


class StockBriefSerializer(serializers.ModelSerializer[Brief]):
    class Meta:
        model = Brief
        fields: ClassVar[list[str]] = ["outcome", "made_at", "data"]


class StockBriefs(StockTickets):
    serializer_class = StockBriefSerializer
    lookup_field = "ticket_id"

    def get_queryset(self) -> Any:
        return Brief.objects.filter(ticket__state__in=["live", "archived"], ticket__deleted=False).select_related("ticket")


def stock_brief(environ: dict[str, Any], *, ticket_id: UUID) -> HttpResponse:
    """The answer to a request for the brief of one ticket, without any middleware; no use of a draft is recorded."""
    from django.core.handlers.wsgi import WSGIRequest

    request: HttpRequest = WSGIRequest(environ)
    response: HttpResponse = StockBriefs.as_view({"get": "retrieve"})(request, ticket_id=ticket_id).render()
    return response
