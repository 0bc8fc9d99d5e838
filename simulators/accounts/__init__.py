"""Authored demo accounts: content as TOML, and the loader the simulators read it with."""
