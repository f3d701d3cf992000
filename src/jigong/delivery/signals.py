"""What happened to an entitlement, for whoever has to go on from there."""

from django.dispatch import Signal

moved = Signal()
"""Sent by :func:`jigong.delivery.actions.move` with ``entitlement`` and ``at``, inside the transaction."""
