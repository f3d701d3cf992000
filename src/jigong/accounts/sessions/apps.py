"""Who is signed in, and on how many devices."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Sessions that know their account, so that one read answers who is asking."""

    name = "jigong.accounts.sessions"
    label = "account_sessions"
    verbose_name = "登录会话"
