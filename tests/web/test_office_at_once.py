"""Two officers in two browsers at the same moment: their requests really run side by side."""

import threading
from typing import Any

from django.db import connection
from django.urls import reverse
from tests.web.office_site import confirmed, proposals, site

from jigong.delivery.models import Entitlement, Step
from jigong.delivery.states import State


def test_two_officers_at_once_one_decides(town: Any, run: Any, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        office = site()
        # The last one: other tests take the first, and this one stays decided.
        found = confirmed(proposals(office="union", mode="application", amount__gt=0)[-1])
        start, answers = threading.Barrier(2), []

        def act(name: str, move: str) -> None:
            try:
                browser = office.browser(name)
                address = reverse("office:move", args=[found.pk, move])
                start.wait(timeout=30)
                answers.append(
                    browser.post(address, {"version": found.version, "reason": "理由"}).status_code
                )
            finally:
                connection.close()

        threads = [
            threading.Thread(target=act, args=("demo-officer-union", "review")),
            threading.Thread(target=act, args=("demo-approver-union", "decline")),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert sorted(answers) == [302, 409]
        assert Step.objects.filter(entitlement=found, move__in=("review", "decline")).count() == 1
        assert Entitlement.objects.get(pk=found.pk).state in (State.PASSED, State.DECLINED)
        connection.close()
