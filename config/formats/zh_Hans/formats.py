"""Chinese: figures in groups of three, no zero before the month."""

MONTH_DAY_FORMAT = "n月j日"
NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
