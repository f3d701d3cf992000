"""Setting a row of the quarantine aside: its office proposes, a second person of it confirms."""

from django.apps import AppConfig


class SettingAsideConfig(AppConfig):
    """Setting a row of the quarantine aside: its office proposes, a second person of it confirms."""

    name = "jigong.services.setting_aside"
    label = "setting_aside"
    verbose_name = "不再等待"
