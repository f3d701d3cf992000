"""What rests on several rooms: bringing decisions to people, events that become data, the schedule."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """The schedule, and what follows from a draw."""

    name = "jigong.services"
    label = "services"
    verbose_name = "日常运行"

    def ready(self) -> None:
        """Have the results of a draw written to the lake as soon as they are certain."""
        from jigong.delivery.lottery.prizes import winners_changed
        from jigong.services.draws import on_winners_changed

        winners_changed.connect(on_winners_changed, dispatch_uid="services.draws")
