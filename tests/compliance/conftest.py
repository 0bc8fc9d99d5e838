"""The operators' company and two others, really there, as the tests of the console have them."""

from tests.console.conftest import deliver, halls, standing_halls

__all__ = ["deliver", "halls", "standing_halls"]
