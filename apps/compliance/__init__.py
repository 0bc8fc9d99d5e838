"""Proving: the audit trail verified, its heads kept in a second place, exported."""
