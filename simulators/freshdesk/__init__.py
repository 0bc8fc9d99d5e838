"""A Freshdesk account as a real HTTP server, as strict as the contract of its API v2 says."""
