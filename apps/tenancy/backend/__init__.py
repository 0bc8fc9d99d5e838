"""Database engine "apps.tenancy.backend"."""
