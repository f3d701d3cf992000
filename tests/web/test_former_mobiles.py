"""The data name another mobile number for somebody: the one of before is kept, and told where there is money to redirect."""

import pytest
from django.conf import settings
from django.utils import timezone
from tests.web.lake_words import records, said
from tests.web.office_site import account_for, proposals

from jigong.accounts import old_phone
from jigong.accounts.models import FormerMobile
from jigong.services.bring import refresh

pytestmark = pytest.mark.django_db
NEW = "15400009999"


class _Kept:
    tells = True

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, mobile: str, text: str) -> None:
        self.told.append(mobile)


def test_the_phone_of_before_is_told(own_town, monkeypatch, django_capture_on_commit_callbacks) -> None:
    kept, at = _Kept(), timezone.now()
    monkeypatch.setattr(old_phone, "sender", lambda: kept)
    one, other = (row.person for row in proposals(mode="proactive", amount__gt=0)[:2])
    assert one is not None
    assert other is not None
    account_for(one)
    before, number = one.open_mobile(), one.open_number()
    (row,) = records("person", f"person_id = '{number}'")
    said("person", {**row, "mobile": NEW}, file="-mobile")
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            refresh([number, other.open_number()], settings.JIGONG.data, at=at)
    one.refresh_from_db()
    assert one.open_mobile() == NEW
    former = FormerMobile.objects.get()
    assert (former.person, former.open_mobile(), former.until) == (one, before, at)
    assert kept.told == [before]
