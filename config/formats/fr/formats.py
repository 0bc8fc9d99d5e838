"""French: figures grouped by a narrow space, the hour introduced."""

DATETIME_FORMAT = "j F Y à H:i"
THOUSAND_SEPARATOR = "\u202f"
