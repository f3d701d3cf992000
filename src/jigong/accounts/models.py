"""People the platform knows from the data, organisations, accounts, roles, bank accounts, consent."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from jigong.accounts.cipher import unseal_text
from jigong.accounts.enums import PERMISSIONS, ROLE_EN, OrganisationKind, Permission, Role
from jigong.kernel.text import Text


class Organisation(models.Model):
    """An enterprise (``code``: its credit code), or an office of the pack (``code``: its id there)."""

    kind = models.CharField(max_length=12, choices=OrganisationKind.choices)
    code = models.CharField(max_length=64)
    zh = models.TextField()
    en = models.TextField(default="")
    town = models.CharField(max_length=20, default="", db_index=True)
    """Of a town: its own code. Of an enterprise: where it is."""
    listed = models.BooleanField(default=True)
    """Whether the newest data still know it."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "code"], name="organisation_kind_code")
        ]

    @property
    def label(self) -> Text:
        """Its name in both languages; an enterprise has only one."""
        return Text(self.zh, self.en or self.zh)


class Person(models.Model):
    """A worker the data know. Everything that identifies them is sealed; ``number_hash`` finds them."""

    number_hash = models.CharField(max_length=64, unique=True)
    number = models.BinaryField()
    name = models.TextField()
    mobile_hash = models.CharField(max_length=64, default="", db_index=True)
    mobile = models.BinaryField(null=True)
    town = models.CharField(max_length=20, default="", db_index=True)
    employer = models.ForeignKey(Organisation, null=True, on_delete=models.SET_NULL, related_name="employees")
    """The employer now, by the data."""
    listed = models.BooleanField(default=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["name"], name="person_name")]

    def open_number(self) -> str:
        """The citizen number. Showing it to anybody but the person is recorded by whoever asks."""
        return unseal_text(self.number, "person.number")

    def open_mobile(self) -> str:
        """The mobile number, or an empty text."""
        return unseal_text(self.mobile, "person.mobile") if self.mobile else ""


class FormerMobile(models.Model):
    """A mobile number the data named for somebody until they named another. Sealed."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="former_mobiles")
    mobile = models.BinaryField()
    until = models.DateTimeField()

    class Meta:
        db_table = "accounts_former_mobile"
        indexes: ClassVar = [models.Index(fields=["person", "until"], name="former_mobile")]

    def open_mobile(self) -> str:
        """The mobile number."""
        return unseal_text(self.mobile, "person.mobile")


class Account(AbstractUser):
    """Somebody who signs in: a worker (``person``), or staff with memberships."""

    person = models.OneToOneField(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="account"
    )
    number_hash = models.CharField(max_length=64, default="", db_default="", blank=True, db_index=True)
    """Of staff: finds whose account it is, by the same hash as :class:`Person`; empty while nobody is linked."""
    number = models.BinaryField(null=True)
    """Of staff: the citizen number, sealed (:mod:`jigong.accounts.humans`)."""
    label_zh = models.TextField(default="", blank=True)
    """What to call them on a page; never used to tell people apart."""
    language = models.CharField(max_length=2, default="zh", choices=[("zh", "中文"), ("en", "English")])
    elder = models.BooleanField(default=False)
    """Large type and large targets."""
    dark = models.CharField(
        max_length=5, default="auto", choices=[("auto", "auto"), ("light", "light"), ("dark", "dark")]
    )

    @property
    def is_worker(self) -> bool:
        """Whether they see the worker portal."""
        return self.person_id is not None

    @property
    def audit_label(self) -> str:
        """Role and organisation for the record."""
        if self.person_id is not None:
            return "worker"
        return ", ".join(f"{m.role}@{m.organisation.code}" for m in self.active_memberships) or "staff"

    @property
    def active_memberships(self) -> "list[Membership]":
        """The roles in force, read once for each request."""
        if not hasattr(self, "_memberships"):
            self._memberships = list(self.memberships.filter(active=True).select_related("organisation"))
        return self._memberships

    def may(self, permission: Permission) -> bool:
        """Whether any role of theirs allows it, somewhere."""
        return any(permission in PERMISSIONS[Role(m.role)] for m in self.active_memberships)


class Membership(models.Model):
    """A role in an organisation."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "organisation", "role"], name="membership_once")
        ]

    @property
    def role_label(self) -> Text:
        """The role in both languages."""
        role = Role(self.role)
        return Text(str(role.label), ROLE_EN[role])


class DataKey(models.Model):
    """An earlier data key, sealed with the present one (:func:`jigong.accounts.cipher.keep_key`)."""

    name = models.CharField(max_length=64, primary_key=True)
    """A keyed hash of the key."""
    sealed = models.BinaryField()


class FactorReset(models.Model):
    """An operator asked that an account's second factors be forgotten; it waits for another to confirm."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="factor_reset")
    asked_by = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class BankAccount(models.Model):
    """Where somebody's money goes; the newest active one counts. Numbers are sealed."""

    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="bank_accounts")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="bank_accounts"
    )
    number = models.BinaryField()
    number_hash = models.CharField(max_length=64, db_index=True)
    last4 = models.CharField(max_length=4)
    holder = models.TextField()
    bank = models.TextField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=False) ^ models.Q(organisation__isnull=False),
                name="bank_account_of_one",
            )
        ]

    def open_number(self) -> str:
        """The account number."""
        return unseal_text(self.number, "bank.number")


class Consent(models.Model):
    """A person lets an enterprise see personal detail for one purpose, until withdrawn."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    purpose = models.CharField(
        max_length=20,
        choices=[("benefits", "协助享受政策"), ("skills", "技能培养"), ("certificates", "证书管理")],
    )
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "organisation", "purpose"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="consent_once",
            )
        ]


class SignInCode(models.Model):
    """A one-time code that was asked for. The code itself is only here as a keyed hash."""

    mobile_hash = models.CharField(max_length=64)
    mobile = models.BinaryField()
    """Sealed; for showing, masked, where the code went."""
    code_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    """How often somebody has typed a code for it."""
    used_at = models.DateTimeField(null=True)

    def open_mobile(self) -> str:
        """The number the code was asked for."""
        return unseal_text(self.mobile, "sign-in.mobile")


class Throttle(models.Model):
    """How much of a limit somebody has used (:mod:`jigong.accounts.limits`)."""

    key = models.CharField(max_length=64, primary_key=True)
    """A keyed hash of the limit's name and of whom it limits."""
    free_at = models.DateTimeField(db_index=True)
    """When all that was used will have been given back."""
