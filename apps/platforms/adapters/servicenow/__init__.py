"""ServiceNow: one instance read table by table through the Table API (contracts: ServiceNow)."""

from apps.platforms.adapters.servicenow.adapter import ServiceNowAdapter
from apps.platforms.adapters.servicenow.config import ServiceNowConfig

__all__ = ["ServiceNowAdapter", "ServiceNowConfig"]
