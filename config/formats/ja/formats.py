"""Japanese: a gap between date and time."""

DATETIME_FORMAT = "Y年n月j日 G:i"
