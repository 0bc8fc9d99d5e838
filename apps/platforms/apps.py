"""Helpdesks and what we mirror of them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlatformsConfig(AppConfig):
    name = "apps.platforms"
    label = "platforms"
    verbose_name = _("Helpdesk")

    def ready(self) -> None:
        from apps.accounts.signals import address_settled
        from apps.platforms.agents import follow

        address_settled.connect(follow, dispatch_uid="deskhand.platforms.agents")
