"""The operators' console, and the visits of support that a company's admin allows (docs/decisions/0011)."""
