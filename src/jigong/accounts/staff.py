"""Keeping staff: accounts, roles and invitations. Nobody does any of it to themself, and operators make no operators."""

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction

from jigong.accounts.cipher import lookup
from jigong.accounts.enums import PERMISSIONS, OrganisationKind, Permission, Role
from jigong.accounts.humans import clean_number, same_human, set_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.accounts.second_factor import has_factor
from jigong.accounts.workers import without_password
from jigong.audit.actions import record
from jigong.kernel.problems import error

ZZD, OIDC = "zzd", "oidc"
PROVIDERS = (OIDC, ZZD)


@transaction.atomic
def make_staff(
    *, username: str, label: str, by: Account | None, at: datetime, number: str | None = None
) -> Account:
    """A new account without password or role; an invitation lets its owner set the password.

    ``number`` is its owner's citizen number; without one it is linked later (:func:`link`).

    Raises:
        JigongError: the name is taken, or is none; or the number is none.
    """
    username = username.strip()
    number = clean_number(number) if number is not None else None
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        raise error(
            "用户名只能有字母、数字和 @ . + - _", "a user name has letters, digits and @ . + - _ only",
            remedy=("换一个用户名", "choose another"),
        ) from None  # fmt: skip
    if len(username) > 150 or Account.objects.filter(username__iexact=username).exists():
        raise error(
            f"用户名 {username} 已被使用",
            f"the name {username} is taken",
            remedy=("换一个用户名", "choose another"),
        )
    account = Account.objects.create(username=username, label_zh=label.strip())
    without_password(account)
    note("accounts.make_staff", account, by, at)
    if number is not None:
        set_number(account, number)
        note("accounts.link", account, by, at)
    return account


@transaction.atomic
def link(*, account: Account, number: str, by: Account | None, at: datetime) -> None:
    """Say whose account it is, once: of two accounts of one human the platform then knows that they are one.

    Linking to the same number again changes nothing.

    Raises:
        JigongError: one's own account, a worker's, no citizen number, or it is linked to somebody else.
    """
    not_oneself(account, by)
    number = clean_number(number)
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.is_worker:
        raise error(
            "职工账户就是本人的，不用关联",
            "a worker's account is the person's already",
            remedy=("为工作人员另建账户", "make a staff account for staff"),
        )
    if locked.number_hash == lookup(number, "person.number"):
        return
    if locked.number_hash:
        raise error(
            "这个账户已关联到另一个人，不能改", "it is linked to somebody else, and that is not changed",
            remedy=("停用这个账户，为本人另建一个", "close it, and make another for its owner"),
        )  # fmt: skip
    set_number(account, number)
    note("accounts.link", account, by, at)


@transaction.atomic
def grant(
    *, account: Account, organisation: Organisation, role: str, by: Account | None, at: datetime
) -> Membership:
    """Give a role in an organisation. Giving it twice changes nothing.

    Raises:
        JigongError: to oneself, to a worker's account, a role that does not fit the organisation, or the
            operator's by another operator.
    """
    not_oneself(account, by)
    if account.is_worker:
        raise error(
            "职工账户不能授予角色", "a worker's account takes no role", remedy=("为其另建工作人员账户", "make a staff account for them")
        )  # fmt: skip
    if role not in Role.values or (role == Role.HR) != (organisation.kind == OrganisationKind.ENTERPRISE):
        raise error(
            "这个角色不适用于该单位",
            "this role does not fit this organisation",
            remedy=("企业只能授予企业人事，其他单位不能", "enterprises take HR only, and nobody else does"),
        )
    if by is not None and _keeps_accounts(role):
        raise only_on_server()
    membership, made = Membership.objects.get_or_create(account=account, organisation=organisation, role=role)
    if made or not membership.active:
        Membership.objects.filter(pk=membership.pk).update(active=True)
        membership.active = True
        note("accounts.grant", account, by, at, organisation=organisation.pk, role=role)
    return membership


@transaction.atomic
def end(*, membership: Membership, by: Account, at: datetime) -> None:
    """Take a role away, from the next page on. Ending it twice changes nothing.

    Raises:
        JigongError: one's own.
    """
    not_oneself(membership.account, by)
    if Membership.objects.filter(pk=membership.pk, active=True).update(active=False):
        note(
            "accounts.end", membership.account, by, at,
            organisation=membership.organisation_id, role=membership.role,
        )  # fmt: skip


@transaction.atomic
def close(*, account: Account, by: Account, at: datetime) -> None:
    """Close an account: nobody signs in to it any more, and whoever is, is out.

    Raises:
        JigongError: one's own.
    """
    not_oneself(account, by)
    if Account.objects.filter(pk=account.pk, is_active=True).update(is_active=False):
        note("accounts.close", account, by, at)


@transaction.atomic
def reopen(*, account: Account, by: Account, at: datetime) -> None:
    """Open a closed account again.

    Raises:
        JigongError: one's own.
    """
    not_oneself(account, by)
    if Account.objects.filter(pk=account.pk, is_active=False).update(is_active=True):
        note("accounts.reopen", account, by, at)


@transaction.atomic
def invite(*, account: Account, by: Account | None, at: datetime) -> str:
    """A token that lets its owner set a password, once, within three days. Its old password ends now.

    Raises:
        JigongError: one's own account, a worker's, a closed one, or an operator's without a second factor,
            which the invitation alone would give away.
    """
    not_oneself(account, by)
    if by is not None and account.may(Permission.MANAGE_ACCOUNTS) and not has_factor(account):
        raise only_on_server()
    if account.is_worker or not account.is_active:
        raise error("这个账户不能用密码登录", "this account does not sign in by password")
    without_password(account)
    note("accounts.invite", account, by, at)
    return str(default_token_generator.make_token(account))


@transaction.atomic
def set_password(*, account: Account, token: str, password: str, at: datetime) -> None:
    """Set the password an invitation allows; the invitation is then spent.

    Raises:
        JigongError: the invitation is spent or expired, or the password is too weak.
    """
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if not default_token_generator.check_token(locked, token):
        raise spent_invitation()
    try:
        validate_password(password, locked)
    except ValidationError:
        raise error(
            "密码太弱",
            "the password is too weak",
            remedy=("至少 12 个字符，不用常见密码，也不要全是数字", "at least 12 characters, no common password, not only digits"),
        ) from None  # fmt: skip
    locked.set_password(password)
    locked.save(update_fields=["password"])
    note("accounts.set_password", locked, locked, at)


def spent_invitation() -> Exception:
    """The refusal of an invitation that no longer works."""
    return error(
        "邀请链接已失效",
        "this invitation no longer works",
        remedy=("请系统管理员重新发一个", "ask the operator for a new one"),
    )


def only_on_server() -> Exception:
    """The refusal of what would let one operator make or become another."""
    return error(
        "系统管理员只能在服务器上设立",
        "operators are made on the server only",
        remedy=(
            "请服务器管理员运行 jigong operator 用户名",
            "have the server's keeper run jigong operator NAME",
        ),
    )


@transaction.atomic
def bind(*, account: Account, provider: str, subject: str, by: Account, at: datetime) -> None:
    """Let whoever a provider calls ``subject`` sign in to this account. An account has one for each provider.

    Raises:
        JigongError: one's own account, a worker's, or the subject is bound elsewhere.
    """
    not_oneself(account, by)
    subject = subject.strip()
    if provider not in PROVIDERS or not subject or account.is_worker:
        raise error(
            "绑定信息不完整",
            "this cannot be bound",
            remedy=("填写对方系统里的账号标识", "give the subject's id at the provider"),
        )
    taken = SocialAccount.objects.filter(provider=provider, uid=subject).exclude(user=account)
    if taken.exists():
        raise error(
            "该标识已绑定到另一个账户", "it is bound to another account", remedy=("先解除那一处绑定", "unbind it there first")
        )  # fmt: skip
    SocialAccount.objects.filter(provider=provider, user=account).exclude(uid=subject).delete()
    SocialAccount.objects.get_or_create(provider=provider, uid=subject, user=account)
    note("accounts.bind", account, by, at, provider=provider)


@transaction.atomic
def unbind(*, account: Account, provider: str, by: Account, at: datetime) -> None:
    """End what :func:`bind` allowed.

    Raises:
        JigongError: one's own account.
    """
    not_oneself(account, by)
    if SocialAccount.objects.filter(provider=provider, user=account).delete()[0]:
        note("accounts.unbind", account, by, at, provider=provider)


def bound_account(provider: str, subject: str) -> Account | None:
    """The open account bound to this subject."""
    found = SocialAccount.objects.select_related("user").filter(provider=provider, uid=subject).first()
    if found is None or not found.user.is_active:
        return None
    account: Account = found.user
    return account


def _keeps_accounts(role: str) -> bool:
    return Permission.MANAGE_ACCOUNTS in PERMISSIONS[Role(role)]


def not_oneself(account: Account, by: Account | None) -> None:
    """Refuse what somebody would do to their own account, or to another account of theirs.

    Raises:
        JigongError: it is their own.
    """
    if by is not None and same_human(account, by):
        raise error(
            "不能给自己授权或修改自己的账户",
            "nobody grants or changes anything for themself here",
            remedy=("请另一位系统管理员办理", "ask another operator"),
        )


def note(action: str, account: Account, by: Account | None, at: datetime, **detail: object) -> None:
    """Put what was done with an account on the record."""
    record(
        action,
        by=by,
        at=at,
        object_kind="account",
        object_id=account.pk,
        person=account.person_id,
        detail=detail,
    )
