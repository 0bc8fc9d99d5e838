"""Is the help right, and does it say when it is not? Measured on the authored accounts, whose topics are known."""
