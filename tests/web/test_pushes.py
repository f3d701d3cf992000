"""Pushes: written with the notice, sent afterwards, at least once, a bounded number of times, saying nothing about anybody."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from jigong.accounts.external.http import OutsideError
from jigong.accounts.external.settings import SmsGateway, Zheliban
from jigong.accounts.models import Person
from jigong.kernel.text import Text
from jigong.services.notices import channels, pushing
from jigong.services.notices.actions import Told, mark_read, tell, withdraw
from jigong.services.notices.channels import SENTENCE, Sms, ZheliBan
from jigong.services.notices.enums import Channel, Kind, Place
from jigong.services.notices.models import Notice, Push

pytestmark = pytest.mark.django_db
MORNING = datetime(2023, 1, 3, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
SECRET = Text("技能提升补贴 5,000 元", "skill subsidy, 5,000 yuan")


class Phone:
    """Keeps what it is sent; fails as often as it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.failures = 0

    def reaches(self, person: Person) -> bool:
        return bool(person.mobile)

    def send(self, person: Person, text: str, key: str, *, at: datetime) -> None:
        if self.failures:
            self.failures -= 1
            raise OutsideError("unreachable")
        self.got.append((text, key))


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Phone:
    Push.objects.all().delete()
    made = Phone()
    monkeypatch.setattr(pushing, "channels", lambda: {Channel.SMS: made})
    return made


@pytest.fixture
def people() -> list[Person]:
    return list(Person.objects.exclude(mobile=None).order_by("pk")[:2])


def told(person: Person, key: str, kind: Kind = Kind.ASK) -> Notice:
    tell([Told(key, kind, ("t", 1), SECRET, Place.CASES, person=person.pk)], at=MORNING)
    return Notice.objects.get(key=key)


def test_it_is_sent_once_and_says_nothing(phone: Phone, people: list[Person]) -> None:
    made = told(people[0], "a").pushes.get()
    assert [pushing.drain(at=MORNING), pushing.drain(at=MORNING)] == [1, 0]
    assert phone.got == [(SENTENCE.zh, f"notice-{made.pk}")]
    assert people[0].name not in SENTENCE.zh
    assert not any(sign.isdigit() for sign in SENTENCE.zh + SENTENCE.en)


def test_a_night_rings_once_a_day(phone: Phone, people: list[Person]) -> None:
    for number in range(3):
        told(people[0], f"a{number}")
    told(people[1], "b")
    assert pushing.drain(at=MORNING) == 2
    told(people[0], "later")
    assert pushing.drain(at=MORNING + timedelta(hours=1)) == 0
    told(people[0], "tomorrow")
    assert pushing.drain(at=MORNING + timedelta(days=1)) == 1


@pytest.mark.parametrize("hour", [2, 7, 20, 23])
def test_nobody_is_woken(phone: Phone, people: list[Person], hour: int) -> None:
    told(people[0], "a")
    assert pushing.drain(at=MORNING.replace(hour=hour)) == 0
    assert pushing.drain(at=MORNING + timedelta(days=1)) == 1


def test_what_was_read_or_is_moot_needs_none(phone: Phone, people: list[Person]) -> None:
    read = told(people[0], "a")
    mark_read([read.pk], person=people[0].pk, at=MORNING)
    told(people[1], "b")
    withdraw("t", [1], Kind.ASK, at=MORNING)
    assert pushing.drain(at=MORNING) == 0
    assert Push.objects.exclude(skipped_at=None).count() == 2


@pytest.mark.parametrize("kind", [Kind.HOLD, Kind.LOOK, Kind.STEP])
def test_what_asks_and_decides_nothing_rings_no_phone(phone: Phone, people: list[Person], kind: Kind) -> None:
    assert not told(people[0], "a", kind).pushes.exists()


def test_what_failed_is_tried_again_with_the_same_key_and_given_up_in_the_end(
    phone: Phone, people: list[Person], client: Client
) -> None:
    made, at = told(people[0], "a").pushes.get(), MORNING
    phone.failures = 1
    assert pushing.drain(at=at) == 0
    assert pushing.drain(at=at) == 0, "not at once again"
    assert pushing.drain(at=at + timedelta(minutes=3)) == 1
    assert phone.got == [(SENTENCE.zh, f"notice-{made.pk}")]
    lost = told(people[1], "b").pushes.get()
    phone.failures = 99
    for _ in range(20):
        at += timedelta(hours=1) if at.hour < 19 else timedelta(hours=14)
        pushing.drain(at=at)
    lost.refresh_from_db()
    assert (lost.tries, lost.problem, lost.failed_at is not None) == (pushing.MOST_TRIES, "unreachable", True)
    assert 'jigong_pushes{state="failed"} 1.0' in client.get("/metrics").content.decode()


def test_a_worker_killed_while_it_sent_sends_again(
    phone: Phone, people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(people[0], "a")
    monkeypatch.setattr(pushing, "_send", lambda push, at: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        pushing.drain(at=MORNING)
    monkeypatch.undo()
    monkeypatch.setattr(pushing, "channels", lambda: {Channel.SMS: phone})
    assert pushing.drain(at=MORNING) == 0
    assert pushing.drain(at=MORNING + timedelta(minutes=6)) == 1


class TestAdapters:
    def sent(
        self, monkeypatch: pytest.MonkeyPatch, pusher: channels.Pusher, person: Person
    ) -> tuple[str, object, dict[str, str]]:
        found: list[tuple[str, object, dict[str, str]]] = []
        monkeypatch.setattr(
            channels, "post_json", lambda url, body, headers: found.append((url, body, headers))
        )
        pusher.send(person, SENTENCE.zh, "notice-7", at=MORNING)
        return found[0]

    def test_sms(self, monkeypatch: pytest.MonkeyPatch, people: list[Person]) -> None:
        body = {"to": "{mobile}", "text": "{text}", "id": "{key}"}
        url, posted, headers = self.sent(
            monkeypatch, Sms(SmsGateway("https://s.example", {}, "Bearer x", body)), people[0]
        )
        assert posted == {"to": people[0].open_mobile(), "text": SENTENCE.zh, "id": "notice-7"}
        assert (url, headers) == ("https://s.example", {"Authorization": "Bearer x"})

    def test_zheliban_is_signed(self, monkeypatch: pytest.MonkeyPatch, people: list[Person]) -> None:
        zlb = Zheliban(
            "1", "k", "s", "", "", "", "", "https://z.example/m", {"id": "{number}", "text": "{text}"}
        )
        url, posted, headers = self.sent(monkeypatch, ZheliBan(zlb), people[0])
        assert posted == {"id": people[0].open_number(), "text": SENTENCE.zh}
        assert (url, "X-BG-HMAC-SIGNATURE" in headers) == ("https://z.example/m", True)

    def test_a_site_without_gateways_pushes_nothing(
        self, monkeypatch: pytest.MonkeyPatch, people: list[Person]
    ) -> None:
        monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, demo=False))
        assert channels.channels() == {}
        assert not told(people[0], "a").pushes.exists()
