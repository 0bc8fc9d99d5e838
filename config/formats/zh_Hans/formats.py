"""Chinese: figures in groups of three."""

NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
