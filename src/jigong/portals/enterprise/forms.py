"""Reading what a page sent: texts cut to length, purposes."""

from django.http import QueryDict

from jigong.services.invitations.enums import Purpose


def text_of(given: QueryDict, name: str, longest: int) -> str:
    """A text without blanks around it, cut to ``longest``; PostgreSQL cannot hold a NUL."""
    return given.get(name, "").replace("\x00", "").strip()[:longest]


def purposes_of(given: QueryDict) -> list[Purpose]:
    """The purposes that were ticked."""
    return [purpose for purpose in Purpose if purpose.value in given.getlist("purpose")]
