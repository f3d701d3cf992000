"""What happened to entitlements, draws and payments, for whoever has to go on from there. Each is sent inside the transaction."""

from django.dispatch import Signal

moved = Signal()
"""Sent by :func:`jigong.delivery.actions.move` with ``entitlement``, ``step`` and ``at``."""
stepped = Signal()
"""Sent when a rule made many steps at once, with their ids as ``steps``, and ``at``."""
held = Signal()
"""Sent when holds were put on (``opened``) or lifted (``lifted``), with their ids, and ``at``."""
drawn = Signal()
"""Sent when something became of one entrant's place: ``draw``, ``code``, ``kind``, ``detail``, ``by``, ``at``."""
adjusted = Signal()
"""Sent when arrears or a recovery were proposed, replaced, decided or settled: ``adjustment`` and ``at``."""
unpaid = Signal()
"""Sent when it is certain that a payment failed or came back: ``payment``, its ``entitlement`` and ``at``."""
