"""Certificates and honours as credentials: issued once, revoked when they no longer hold, exported as they are."""

import gzip
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.audit.models import Entry
from jigong.credentials import keys
from jigong.credentials.actions import revoke
from jigong.credentials.enums import KeyUse, Standing
from jigong.credentials.export import EXPORTS, export_json, export_jwt, export_svg
from jigong.credentials.issue import Issued, issue, open_claims
from jigong.credentials.models import Credential
from jigong.credentials.queries import credential_of, credentials_of
from jigong.credentials.site import Site, site
from jigong.credentials.status import status_list
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.law import Law
from jigong.kernel.problems import JigongError
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.portals.kit import clock

pytestmark = pytest.mark.django_db

SITE = Site("https://jigong.example.org")


@pytest.fixture
def law() -> Law:
    return law_of_run(current_run())


@pytest.fixture
def snapshot(town: Path, law: Law) -> Snapshot:
    return Lake(town / "lake", law.pack.contracts).snapshot()


@pytest.fixture
def issued(snapshot: Snapshot, law: Law) -> Issued:
    """Everything of the district."""
    Credential.objects.all().delete()
    return issue(snapshot, law, at=timezone.now())


@pytest.fixture
def certificate(issued: Issued) -> Credential:
    return Credential.objects.filter(kind="skill_certificate").order_by("awarded_on", "zh")[0]


@pytest.fixture
def officer() -> Account:
    account = Account.objects.create_user("an-officer")
    bureau = Organisation.objects.get(kind=OrganisationKind.BUREAU, code="human_resources")
    Membership.objects.create(account=account, organisation=bureau, role=Role.OFFICER)
    return account


def part(token: str, index: int) -> dict:
    text = token.split(".")[index]
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def revoked_bits(number: int) -> set[int]:
    found = status_list(number, SITE, at=timezone.now())["credentialSubject"]["encodedList"]
    bits = gzip.decompress(urlsafe_b64decode(found[1:] + "=" * (-(len(found) - 1) % 4)))
    return {i for i in range(len(bits) * 8) if bits[i >> 3] & (0x80 >> (i & 7))}


def test_every_record_in_force_becomes_one_credential(issued, snapshot, law):
    with snapshot.connect() as lake:
        rows = lake.execute(
            "SELECT count(*) FROM honour WHERE title IS NOT NULL AND awarded_on <= ? AND (revoked_on IS NULL OR revoked_on > ?)",
            [law.day, law.day],
        ).fetchone()
        certificates = lake.execute("SELECT count(*) FROM skill_certificate WHERE issued_on <= ?", [law.day])
        assert Credential.objects.filter(kind="honour").count() == rows[0]
        assert Credential.objects.filter(kind="skill_certificate").count() == certificates.fetchone()[0]
    assert issued.issued == Credential.objects.count() > 0


def test_a_certificate_says_its_occupation_in_words(issued, law):
    names = set(Credential.objects.filter(kind="skill_certificate").values_list("zh", "en"))
    assert ("高级工（电工）", "Senior worker (electrician)") in names
    assert not [zh for zh, _ in names if re.search(r"\d-\d\d-", zh)]


def test_issuing_again_changes_nothing(issued, snapshot, law):
    before = list(Credential.objects.order_by("id").values())
    entries = Entry.objects.count()
    assert issue(snapshot, law, at=timezone.now()) == Issued(0, 0)
    assert list(Credential.objects.order_by("id").values()) == before
    assert Entry.objects.count() == entries


def test_places_in_the_status_list_follow_no_order(issued):
    places = list(
        Credential.objects.order_by("kind", "awarded_on", "id").values_list("status_index", flat=True)
    )
    assert len(set(places)) == len(places)
    assert places != sorted(places)
    assert max(places) - min(places) > 50_000


def test_what_was_corrected_is_revoked_and_issued_anew(certificate, snapshot, law):
    Person.objects.filter(pk=certificate.person_id).update(name="改过的名字")
    count = Credential.objects.filter(person=certificate.person).count()
    assert issue(snapshot, law, at=timezone.now()) == Issued(count, count)
    certificate.refresh_from_db()
    assert certificate.revoked_at is not None
    fresh = Credential.objects.get(
        kind=certificate.kind, subject_hash=certificate.subject_hash, revoked_at=None
    )
    assert open_claims(fresh).name == "改过的名字"
    assert revoked_bits(1) >= {certificate.status_index}
    held = {one.id: one for one in credentials_of(certificate.person)}
    assert held[certificate.pk].standing == Standing.REVOKED
    assert "更正" in held[certificate.pk].reason.zh
    assert held[fresh.pk].standing == Standing.VALID


def test_a_record_that_is_gone_revokes_its_credential(issued, snapshot, law):
    honour = Credential.objects.filter(kind="honour").order_by("-awarded_on")[0]
    earlier = replace(law, day=honour.awarded_on - timedelta(days=1))
    gone = issue(snapshot, earlier, at=timezone.now())
    honour.refresh_from_db()
    assert honour.revoked_at is not None
    assert gone.revoked >= 1
    assert issue(snapshot, law, at=timezone.now()).issued == gone.revoked


def test_some_people_alone_can_be_brought_up_to_date(certificate, snapshot, law):
    Person.objects.filter(dossier__isnull=False).update(name="新名字")
    number = certificate.person.open_number()
    mine = Credential.objects.filter(person=certificate.person).count()
    assert issue(snapshot, law, at=timezone.now(), only=[number]) == Issued(mine, mine)
    assert Credential.objects.filter(revoked_at__isnull=False).exclude(person=certificate.person).count() == 0


def test_a_record_that_changed_hands_moves_its_credential(certificate, snapshot, law):
    other = Person.objects.filter(dossier__isnull=False).exclude(pk=certificate.person_id)[0]
    Credential.objects.filter(pk=certificate.pk).update(person=other, claims_hash="as it was with another")
    found = issue(snapshot, law, at=timezone.now(), only=[certificate.person.open_number()])
    assert found == Issued(1, 1)
    fresh = Credential.objects.get(
        kind=certificate.kind, subject_hash=certificate.subject_hash, revoked_at=None
    )
    assert fresh.person == certificate.person


def test_what_an_officer_revoked_stays_revoked(certificate, officer, snapshot, law):
    now = timezone.now()
    with pytest.raises(JigongError):
        revoke(credential=certificate.pk, by=officer, at=now, reason="  ")
    assert revoke(credential=certificate.pk, by=officer, at=now, reason="评价过程违规").revoked_at == now
    again = revoke(credential=certificate.pk, by=officer, at=now + timedelta(hours=1), reason="再次")
    assert (again.revoked_at, again.revoked_reason) == (now, "评价过程违规")
    assert issue(snapshot, law, at=now) == Issued(0, 0)
    assert revoked_bits(1) == {certificate.status_index}
    entry = Entry.objects.get(action="credentials.revoke")
    assert (entry.actor, entry.person, entry.reason) == (officer.pk, certificate.person_id, "评价过程违规")
    held = next(one for one in credentials_of(certificate.person) if one.id == certificate.pk)
    assert (held.standing, held.reason.zh) == (Standing.REVOKED, "评价过程违规")


def test_exports_are_the_same_every_time_also_after_a_rotation(certificate):
    before = {ending: make(certificate, SITE) for ending, make in EXPORTS.items()}
    now = timezone.now()
    new = keys.rotate(KeyUse.CREDENTIAL, by=None, at=now, ahead=timedelta(0))
    assert keys.signer(KeyUse.CREDENTIAL, at=now).kid == new.kid
    assert {ending: make(certificate, SITE) for ending, make in EXPORTS.items()} == before
    assert new.kid not in before["jwt"].content.decode()


def test_after_a_withdrawn_key_the_next_one_signs(certificate):
    old = part(export_jwt(certificate, SITE).content.decode(), 0)["kid"]
    keys.withdraw(kid=old[-8:], by=None, at=timezone.now(), reason="被盗")
    assert part(export_jwt(certificate, SITE).content.decode(), 0)["kid"] != old


def test_a_badge_says_what_open_badges_ask_for(certificate):
    token = export_jwt(certificate, SITE).content.decode()
    header, badge = part(token, 0), part(token, 1)
    assert (header["alg"], header["typ"], header["cty"]) == ("EdDSA", "vc+jwt", "vc")
    assert badge["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert badge["iss"] == badge["issuer"]["id"] == "did:web:jigong.example.org"
    assert header["kid"].startswith(badge["iss"] + "#")
    assert badge["jti"] == badge["id"]
    subject = badge["credentialSubject"]
    assert badge["sub"] == subject["id"]
    assert subject["type"] == ["AchievementSubject"]
    assert {"id", "type", "name", "description", "criteria"} <= subject["achievement"].keys()
    assert subject["identifier"][0]["identityHash"] == certificate.person.name
    assert certificate.person.open_number() not in json.dumps(badge)
    status = badge["credentialStatus"]
    assert status["statusListIndex"] == str(certificate.status_index)
    assert status["statusListCredential"] == "https://jigong.example.org/status/1"


def test_a_name_with_html_stays_a_name_in_the_printed_certificate(issued, snapshot, law):
    hostile = '<script>alert("x")</script>&]]>\'"'
    worker = Credential.objects.filter(kind="skill_certificate")[0].person
    Person.objects.filter(pk=worker.pk).update(name=hostile)
    issue(snapshot, law, at=timezone.now())
    credential = Credential.objects.filter(person=worker, revoked_at=None)[0]
    tree = ElementTree.fromstring(export_svg(credential, SITE).content)
    names = [element.tag.rsplit("}", 1)[1] for element in tree.iter()]
    assert "script" not in names
    assert hostile in [element.text for element in tree.iter()]
    baked = tree.find("{https://purl.imsglobal.org/ob/v3p0}credential")
    assert baked.get("verify") == export_jwt(credential, SITE).content.decode()
    subject = json.loads(export_json(credential, SITE).content)["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == hostile


def test_only_ones_own_credentials_are_ones_own(issued):
    first, second = Credential.objects.order_by("person_id").distinct("person_id")[:2]
    assert credential_of(first.person, first.pk) == first
    assert credential_of(first.person, second.pk) is None
    assert {one.id for one in credentials_of(first.person)} == set(
        Credential.objects.filter(person=first.person).values_list("id", flat=True)
    )


def test_the_site_is_named_by_its_settings_not_by_the_request(settings):
    assert site("http://127.0.0.1:8000/") == Site("http://127.0.0.1:8000")
    assert site("http://127.0.0.1:8000/").did == "did:web:127.0.0.1%3A8000"
    settings.JIGONG = replace(settings.JIGONG, hosts=("jigong.example.org", "other"), https=True)
    assert site("http://other/") == SITE


@pytest.fixture
def pages(certificate: Credential) -> Iterator[list[str]]:
    achievement = f"/achievements/{certificate.kind}/{certificate.achievement}"
    return [f"/credentials/{certificate.pk}", "/status/1", achievement, "/.well-known/did.json"]


def test_whoever_scans_a_printed_certificate_sees_whether_it_holds(client, certificate, officer):
    page = client.get(f"/credentials/{certificate.pk}").content.decode()
    assert 'data-standing="valid"' in page
    assert certificate.zh in page
    assert certificate.person.name not in page
    assert open_claims(certificate).number not in page
    revoke(credential=certificate.pk, by=officer, at=timezone.now(), reason="<b>违规</b>")
    page = client.get(f"/credentials/{certificate.pk}").content.decode()
    assert 'data-standing="revoked"' in page
    # Why is between the office and the holder.
    assert "违规" not in page
    held = next(one for one in credentials_of(certificate.person) if one.id == certificate.pk)
    assert held.reason is not None
    assert held.reason.zh == "<b>违规</b>"


def test_a_credential_ends_on_its_last_day(client, certificate, law):
    for until, standing in ((law.day, "valid"), (law.day - timedelta(days=1), "expired")):
        Credential.objects.filter(pk=certificate.pk).update(until=until)
        certificate.refresh_from_db()
        held = next(one for one in credentials_of(certificate.person) if one.id == certificate.pk)
        assert held.standing == standing
        assert f'data-standing="{standing}"' in client.get(f"/credentials/{certificate.pk}").content.decode()
        badge = part(export_jwt(certificate, SITE).content.decode(), 1)
        assert badge["validUntil"] == f"{until}T23:59:59+08:00"
        assert badge["exp"] == int(datetime.fromisoformat(badge["validUntil"]).timestamp())
        assert str(until).encode() in export_svg(certificate, SITE).content


def test_no_badge_ends_before_it_begins(certificate):
    """A certificate that had run out when it was issued: the standard allows no end before the beginning."""
    Credential.objects.filter(pk=certificate.pk).update(
        awarded_on=date(2019, 5, 1), until=date(2022, 5, 1), issued_at=timezone.now()
    )
    certificate.refresh_from_db()
    badge = part(export_jwt(certificate, SITE).content.decode(), 1)
    assert badge["validFrom"] == "2019-05-01T00:00:00+08:00"
    assert badge["nbf"] < badge["exp"]


def test_a_credential_of_a_kind_the_pack_gave_up_is_not_handed_out(certificate):
    Credential.objects.filter(pk=certificate.pk).update(kind="given-up")
    assert credential_of(certificate.person, certificate.pk) is None


def test_a_status_list_is_the_same_until_something_is_revoked(client, certificate, officer):
    at = datetime(2023, 1, 1, 9, 2, tzinfo=UTC)
    first = status_list(1, SITE, at=at)
    assert first == status_list(1, SITE, at=at + timedelta(minutes=2))
    # It has begun for whoever's clock is a little slow, and tells nothing of the moment it was asked for.
    assert datetime.fromisoformat(first["validFrom"]) < at - timedelta(minutes=1)
    revoke(credential=certificate.pk, by=officer, at=timezone.now(), reason="撤销")
    assert first != status_list(1, SITE, at=at)


def test_a_reader_who_has_the_status_list_is_told_so(client, certificate, officer, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2023, 1, 1, 9, 2, tzinfo=UTC))
    first = client.get("/status/1")
    known = {"If-None-Match": first["ETag"]}
    assert client.get("/status/1", headers=known).status_code == 304
    assert client.get("/status/1?as=jwt", headers=known).status_code == 200
    revoke(credential=certificate.pk, by=officer, at=timezone.now(), reason="撤销")
    assert client.get("/status/1", headers=known).status_code == 200


def test_what_is_published_can_be_read_from_anywhere(client, pages):
    for path in pages[1:]:
        response = client.get(path)
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert json.loads(response.content)
    assert client.get("/status/1", headers={"Accept": "application/vc+jwt"}).content.count(b".") == 2


@pytest.mark.parametrize(
    "path",
    [
        "/status/2",
        "/status/0",
        "/credentials/00000000-0000-4000-8000-000000000000",
        "/achievements/honour/no",
        "/achievements/x/y",
    ],
)
def test_what_is_not_there_is_not_found(client, issued, path):
    assert client.get(path).status_code == 404


def test_the_did_document_names_every_key_twice(client, certificate):
    keys.rotate(KeyUse.CREDENTIAL, by=None, at=timezone.now())
    document = client.get("/.well-known/did.json").json()
    methods = document["verificationMethod"]
    assert document["id"] == "did:web:testserver"
    assert [m["type"] for m in methods] == ["JsonWebKey", "Multikey"] * 2
    assert document["assertionMethod"] == [m["id"] for m in methods]
    assert not any("d" in m.get("publicKeyJwk", {}) for m in methods)


def test_a_kind_whose_sql_forgets_a_column_is_refused(snapshot, law):
    placed = law.pack.credentials["honour"]
    short = placed.value.model_copy(
        update={"sql": "SELECT honour_no AS key, person_id AS worker FROM honour"}
    )
    pack = replace(law.pack, credentials={"honour": replace(placed, value=short)})
    with pytest.raises(JigongError, match="awarded_on"):
        issue(snapshot, replace(law, pack=pack), at=timezone.now())
