"""An enterprise asks its people to let it see what concerns one purpose."""

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Requests for consent: asked, reminded, answered."""

    name = "jigong.services.invitations"
    label = "invitations"
    verbose_name = "授权邀请"
