"""Where a page exists: the operators' host, or every other company's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from apps.tenancy.context import current_binding
from apps.tenancy.names import OPERATOR_COMPANY

View = Callable[..., HttpResponse]


def operators_only(view: View) -> View:
    """On every other host the page does not exist, whoever asks."""
    return _at(view, operators=True)


def companies_only(view: View) -> View:
    """The operators' own company has no admins to ask and nobody to visit."""
    return _at(view, operators=False)


def _at(view: View, *, operators: bool) -> View:
    @wraps(view)
    def placed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        binding = current_binding()
        if binding is None or (binding.company_id == OPERATOR_COMPANY) is not operators:
            raise Http404
        return view(request, *args, **kwargs)

    return placed
