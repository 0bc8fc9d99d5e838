"""German: a comma parts date and time."""

DATETIME_FORMAT = "j. F Y, H:i"
