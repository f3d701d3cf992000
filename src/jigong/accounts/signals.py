"""What happened around people, for whoever has to go on from there. Each is sent inside the transaction."""

from django.dispatch import Signal

unmasked = Signal()
"""Sent when somebody saw a masked value in full: ``person``, ``what``, ``reason``, ``by``, ``at``."""
account_given = Signal()
"""Sent with ``bank_account`` and ``at`` when somebody's money goes to another account from now on."""
