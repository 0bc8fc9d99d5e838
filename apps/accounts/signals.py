"""What other rooms may want to hear of people."""

from __future__ import annotations

from django.dispatch import Signal

# `person`: their address was proven, or is another one now and is not. Sent in the transaction that stores it.
address_settled = Signal()
