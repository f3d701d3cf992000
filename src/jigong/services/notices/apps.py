"""What people are told: stored, read and withdrawn on the server, and pushed to their phones."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """What people are told."""

    name = "jigong.services.notices"
    label = "notices"
    verbose_name = "消息"

    def ready(self) -> None:
        """Listen to what happens to people's matters."""
        from jigong.accounts import signals as people
        from jigong.delivery import signals as matters
        from jigong.services.notices import telling

        for signal, receiver in (
            (matters.moved, telling.on_moved),
            (matters.stepped, telling.on_stepped),
            (matters.held, telling.on_held),
            (matters.drawn, telling.on_drawn),
            (matters.adjusted, telling.on_adjusted),
            (matters.unpaid, telling.on_unpaid),
            (people.account_given, telling.on_account_given),
            (people.unmasked, telling.on_unmasked),
        ):
            signal.connect(receiver, dispatch_uid=f"notices.{receiver.__name__}")
