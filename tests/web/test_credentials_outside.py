"""What others make of our credentials: two libraries we did not write verify them, over what the site publishes.

``openbadgeslib`` reads the signed badge (also out of the printed certificate) as an Open Badge 3.0, ``openvc`` the
JSON with its embedded proof; both fetch the DID document and the signed status list from the site.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier
from openvc import OpenvcError
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.verify import VerificationPolicy, verify_credential

from jigong.accounts.models import Account
from jigong.credentials import keys
from jigong.credentials.actions import revoke
from jigong.credentials.enums import KeyUse
from jigong.credentials.export import export_json, export_jwt, export_svg
from jigong.credentials.issue import issue
from jigong.credentials.models import Credential
from jigong.credentials.site import Site
from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.lake import Lake

pytestmark = pytest.mark.django_db

HOST = "jigong.example.org"
SITE = Site(f"https://{HOST}")


@pytest.fixture
def certificate(town: Path) -> Credential:
    law = law_of_run(current_run())
    issue(Lake(town / "lake", law.pack.contracts).snapshot(), law, at=timezone.now())
    return Credential.objects.filter(kind="skill_certificate", revoked_at=None).order_by("id")[0]


class World:
    """The site as others reach it. ``change`` may alter what they get on the way."""

    def __init__(self) -> None:
        self.client = Client(HTTP_HOST=HOST, headers={"X-Forwarded-Proto": "https"})
        self.change: Callable[[str, str], str] = lambda path, text: text
        self.asked: list[str] = []

    def get(self, url: str, accept: str = "*/*") -> str:
        assert url.startswith(SITE.origin)
        path = url.removeprefix(SITE.origin)
        self.asked.append(path)
        response = self.client.get(path, headers={"Accept": accept}, secure=True)
        assert response.status_code == 200
        return self.change(path, response.content.decode())

    def badge(self, token: str) -> Any:
        """Verify a signed badge, with its status, as an Open Badge."""

        def download(url: str, *rest: Any, **more: Any) -> bytes:
            return self.get(url, "application/vc+jwt").encode()

        verifier = OB3Verifier.for_issuer_did(SITE.did, download=download)
        return verifier.verify(token, check_status=True, download=download)

    def proof(self, text: str) -> Any:
        """Verify JSON with its embedded proof, with its status, as a Verifiable Credential."""
        resolver = DidResolverRegistry([DidWebResolver(lambda url: json.loads(self.get(url)))])

        def status(url: str) -> Any:
            listed = verify_credential(
                json.loads(self.get(url)), resolver=resolver, policy=VerificationPolicy(require_status=False)
            )
            return listed.credential

        policy = VerificationPolicy(
            expected_types=["OpenBadgeCredential"], require_status_issuer_binding=True
        )
        return verify_credential(
            json.loads(text), resolver=resolver, resolve_status_list=status, policy=policy
        )


@pytest.fixture
def world() -> World:
    return World()


def test_a_badge_is_verified_by_an_open_badges_library(certificate, world):
    found = world.badge(export_jwt(certificate, SITE).content.decode())
    assert found.issuer.id == SITE.did
    assert world.asked == ["/.well-known/did.json", "/status/1"]


def test_the_badge_baked_into_the_printed_certificate_is_verified(certificate, world):
    token = OB3Verifier.extract_token_from_svg(export_svg(certificate, SITE).content)
    assert token == export_jwt(certificate, SITE).content.decode()
    assert world.badge(token).issuer.id == SITE.did


def test_json_with_a_proof_is_verified_by_a_credentials_library(certificate, world):
    found = world.proof(export_json(certificate, SITE).content.decode())
    assert found.format == "data-integrity:eddsa-jcs-2022"
    assert found.issuer == SITE.did
    assert not found.status.revoked


def test_a_revoked_credential_is_seen_through_the_status_list(certificate, world):
    officer = Account.objects.create_user("a-revoking-officer")
    revoke(credential=certificate.pk, by=officer, at=timezone.now(), reason="评价过程违规")
    with pytest.raises(OB3VerificationError, match="revocation"):
        world.badge(export_jwt(certificate, SITE).content.decode())
    with pytest.raises(OpenvcError, match="revoked"):
        world.proof(export_json(certificate, SITE).content.decode())


@pytest.mark.parametrize("ahead", [timedelta(0), keys.AHEAD], ids=["taken over", "announced"])
def test_credentials_outlive_the_rotation_of_their_key(certificate, world, ahead):
    token, text = (
        export_jwt(certificate, SITE).content.decode(),
        export_json(certificate, SITE).content.decode(),
    )
    keys.rotate(KeyUse.CREDENTIAL, by=None, at=timezone.now(), ahead=ahead)
    assert world.badge(token).issuer.id == SITE.did
    assert world.proof(text).issuer == SITE.did


def test_what_a_withdrawn_key_signed_is_refused(certificate, world):
    token, text = (
        export_jwt(certificate, SITE).content.decode(),
        export_json(certificate, SITE).content.decode(),
    )
    kid = json.loads(text)["proof"]["verificationMethod"][-8:]
    keys.withdraw(kid=kid, by=None, at=timezone.now(), reason="被盗")
    with pytest.raises(OB3VerificationError):
        world.badge(token)
    with pytest.raises(OpenvcError):
        world.proof(text)
    assert world.proof(export_json(certificate, SITE).content.decode()).issuer == SITE.did


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_badge_that_was_changed_is_refused(certificate, world, place):
    token = export_jwt(certificate, SITE).content.decode()
    at = int(len(token) * place)
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    with pytest.raises(OB3VerificationError):
        world.badge(changed)


def test_json_that_was_changed_is_refused(certificate, world):
    badge = json.loads(export_json(certificate, SITE).content)
    badge["credentialSubject"]["achievement"]["name"] = "高级技师"
    with pytest.raises(OpenvcError):
        world.proof(json.dumps(badge))


def test_a_status_list_that_was_changed_is_refused(certificate, world):
    officer = Account.objects.create_user("another-officer")
    clean = {a: world.get("https://jigong.example.org/status/1", a) for a in ("*/*", "application/vc+jwt")}
    revoke(credential=certificate.pk, by=officer, at=timezone.now(), reason="评价过程违规")
    unrevoked = json.loads(clean["*/*"])["credentialSubject"]["encodedList"]

    def forge(path: str, text: str) -> str:
        if not path.startswith("/status/") or text.count(".") == 2:
            return text[:-4] + "AAAA" if path.startswith("/status/") else text
        listed = json.loads(text)
        listed["credentialSubject"]["encodedList"] = unrevoked
        return json.dumps(listed)

    world.change = forge
    with pytest.raises(OpenvcError, match=r"(?i)signature|proof"):
        world.proof(export_json(certificate, SITE).content.decode())
    with pytest.raises(OB3VerificationError):
        world.badge(export_jwt(certificate, SITE).content.decode())


def test_a_credential_of_another_site_is_refused(certificate, world):
    elsewhere = Site("https://elsewhere.example.org")
    with pytest.raises(OB3VerificationError, match="issuer"):
        world.badge(export_jwt(certificate, elsewhere).content.decode())
