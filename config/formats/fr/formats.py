"""French: figures grouped by a narrow space."""

THOUSAND_SEPARATOR = "\u202f"
