"""Keeping staff accounts: who they are, what they may do, and letting them in. For the operator."""

from collections.abc import Callable
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jigong.accounts import resets, second_factor, staff
from jigong.accounts.enums import ROLE_EN, OrganisationKind, Permission, Role
from jigong.accounts.humans import accounts_of, open_number, same_human
from jigong.accounts.masking import mask_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.audit.models import Entry
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now

_keeper = staff_with(Permission.MANAGE_ACCOUNTS)
_PER_PAGE = 50
_PROVIDERS = {
    staff.OIDC: Text("统一身份认证（OIDC）", "OpenID Connect"),
    staff.ZZD: Text("浙政钉", "Zhezhengding"),
}
_DONE = {
    "accounts.make_staff": Text("建立账户", "made"),
    "accounts.make_demo": Text("建立演示账户", "made for the demonstration"),
    "accounts.link": Text("关联到本人", "linked to its owner"),
    "accounts.grant": Text("授予角色", "given a role"),
    "accounts.end": Text("收回角色", "a role ended"),
    "accounts.invite": Text("发出邀请", "invited"),
    "accounts.set_password": Text("设置密码", "set a password"),
    "accounts.close": Text("停用", "closed"),
    "accounts.reopen": Text("重新启用", "opened again"),
    "accounts.bind": Text("绑定统一身份", "bound an identity"),
    "accounts.unbind": Text("解除绑定", "unbound an identity"),
    "accounts.ask_reset": Text("申请清除二次验证", "asked for a reset of second factors"),
    "accounts.withdraw_reset": Text("撤回清除申请", "let a reset drop"),
    "accounts.reset_second_factor": Text("清除二次验证", "second factors reset"),
    "accounts.add_factor": Text("添加二次验证", "added a second factor"),
    "accounts.remove_factor": Text("删除二次验证", "removed a second factor"),
    "accounts.new_recovery_codes": Text("重新生成恢复码", "made recovery codes"),
    "accounts.set_preferences": Text("修改显示偏好", "changed how pages look"),
    "accounts.sign_in": Text("登录", "signed in"),
    "accounts.sign_out": Text("退出", "signed out"),
}
_FOUND = 20


def _staff() -> QuerySet[Account]:
    """Every staff account; workers' are nobody's to keep."""
    active = Membership.objects.filter(active=True).select_related("organisation").order_by("pk")
    return Account.objects.filter(person=None).prefetch_related(
        Prefetch("memberships", active, to_attr="roles")
    )


def _one(account: int) -> Account:
    return get_object_or_404(_staff(), pk=account)


@_keeper
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All of them, found by name, role or organisation."""
    asked, role = request.GET.get("q", "").strip(), request.GET.get("role", "")
    found = _staff().order_by("username")
    if asked:
        found = found.filter(
            Q(username__icontains=asked)
            | Q(label_zh__icontains=asked)
            | Q(memberships__organisation__zh__icontains=asked, memberships__active=True)
        ).distinct()
    if role in Role.values:
        found = found.filter(memberships__role=role, memberships__active=True).distinct()
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    with_factor = second_factor.accounts_with_factor([account.pk for account in page])
    rows = [(account, account.pk in with_factor) for account in page]
    shown = {
        "page": page, "rows": rows, "q": asked, "role": role, "roles": _roles(), "resets": resets.pending(at=now()),
    }  # fmt: skip
    return render(request, "entry/accounts.html", shown)


@_keeper
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new account."""
    problems: object = ()
    if request.method == "POST":
        try:
            made = staff.make_staff(
                username=request.POST.get("username", ""),
                label=request.POST.get("label", "")[:60],
                number=request.POST.get("number", "")[:40],
                by=account_of(request),
                at=now(),
            )
        except JigongError as bad:
            problems = bad.problems
        else:
            return redirect("access:account", made.pk)
    return render(request, "entry/account_new.html", {"problems": problems}, status=422 if problems else 200)


@_keeper
@require_safe
def one(request: HttpRequest, account: int) -> HttpResponse:
    """One account: its roles, ways in and history."""
    return _page(request, _one(account))


def _page(request: HttpRequest, account: Account, **more: Any) -> HttpResponse:
    bound = SocialAccount.objects.filter(user=account).values_list("provider", "uid")
    shown = {
        "account": account,
        "own": bool(same_human(account, account_of(request))),
        "number": mask_number(open_number(account)),
        "also": [one for one in accounts_of(account) if one.pk != account.pk and not one.is_worker],
        "factors": second_factor.factors_of(account),
        "asked": resets.pending(at=now()).filter(account=account).first(),
        "another": resets.operators().exclude(pk__in=(account.pk, account_of(request).pk)).exists(),
        "bound": [
            (_PROVIDERS.get(provider, Text(provider, provider)), subject) for provider, subject in bound
        ],
        "providers": list(_PROVIDERS.items()),
        "roles": [(role, label) for role, label in _roles() if role != Role.OPERATOR],
        "history": _history(account),
        **more,
    }
    return render(request, "entry/account.html", shown, status=422 if more.get("problems") else 200)


def _history(account: Account) -> list[tuple[Entry, Text, Account | None]]:
    """What was done with the account of late, in words, and by whom."""
    found = list(Entry.objects.filter(object_kind="account", object_id=str(account.pk))[:20])
    actors = Account.objects.in_bulk({entry.actor for entry in found if entry.actor is not None})
    return [
        (entry, _DONE.get(entry.action, Text(entry.action, entry.action)), actors.get(entry.actor or 0))
        for entry in found
    ]


def _roles() -> list[tuple[str, Text]]:
    """Enterprises' own role last: most accounts kept here are of offices."""
    ordered = sorted(Role, key=lambda role: role == Role.HR)
    return [(role.value, Text(str(role.label), ROLE_EN[role])) for role in ordered]


def _act(request: HttpRequest, account: Account, act: Callable[[], object]) -> HttpResponse:
    """Do it, and back to the account; what is refused is said on its page."""
    try:
        act()
    except JigongError as bad:
        return _page(request, account, problems=bad.problems)
    return redirect("access:account", account.pk)


@_keeper
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """A part of the page: organisations whose name has these characters."""
    asked = request.GET.get("organisation", "").strip()
    found: list[Organisation] = []
    if asked:
        named = Organisation.objects.filter(
            Q(zh__icontains=asked) | Q(en__icontains=asked) | Q(code=asked), listed=True
        )
        found = list(named.order_by("kind", "zh")[:_FOUND])
    kinds = {
        OrganisationKind.ENTERPRISE: Text("企业", "enterprise"),
        OrganisationKind.BUREAU: Text("部门", "bureau"),
        OrganisationKind.TOWN: Text("街道", "town"),
        OrganisationKind.DISTRICT: Text("全区", "district"),
    }
    rows = [(organisation, kinds[OrganisationKind(organisation.kind)]) for organisation in found]
    return render(request, "entry/organisations.html", {"rows": rows, "asked": asked})


@_keeper
@require_POST
def grant(request: HttpRequest, account: int) -> HttpResponse:
    """Give a role."""
    found, given = _one(account), request.POST.get("organisation_id", "")
    known = (
        Organisation.objects.filter(pk=given)
        if given.isascii() and given.isdigit() and len(given) < 18
        else None
    )
    organisation = known.first() if known is not None else None
    if organisation is None:
        return _page(request, found, choose=True)
    role, by = request.POST.get("role", ""), account_of(request)
    return _act(
        request,
        found,
        lambda: staff.grant(account=found, organisation=organisation, role=role, by=by, at=now()),
    )


@_keeper
@require_POST
def end(request: HttpRequest, account: int, membership: int) -> HttpResponse:
    """Take a role away."""
    found = get_object_or_404(
        Membership.objects.select_related("account"), pk=membership, account=_one(account)
    )
    return _act(request, _one(account), lambda: staff.end(membership=found, by=account_of(request), at=now()))


@_keeper
@require_POST
def invite(request: HttpRequest, account: int) -> HttpResponse:
    """A link with which its owner sets a password; shown this once, for passing on."""
    found = _one(account)
    try:
        token = staff.invite(account=found, by=account_of(request), at=now())
    except JigongError as bad:
        return _page(request, found, problems=bad.problems)
    link = request.build_absolute_uri(reverse("entry:invitation", args=[found.pk, token]))
    return _page(request, found, link=link)


@_keeper
@require_POST
def close(request: HttpRequest, account: int) -> HttpResponse:
    """Close the account, or open it again."""
    found, by = _one(account), account_of(request)
    act = staff.reopen if "reopen" in request.POST else staff.close
    return _act(request, found, lambda: act(account=found, by=by, at=now()))


@_keeper
@require_POST
def reset(request: HttpRequest, account: int) -> HttpResponse:
    """Ask that its second factors be forgotten, confirm what another operator asked, or let it drop."""
    found, by = _one(account), account_of(request)
    if "confirm" in request.POST:
        return _act(request, found, lambda: resets.confirm_reset(account=found, by=by, at=now()))
    if "withdraw" in request.POST:
        return _act(request, found, lambda: resets.withdraw_reset(account=found, by=by, at=now()))
    return _act(request, found, lambda: resets.ask_reset(account=found, by=by, at=now()))


@_keeper
@require_POST
def link(request: HttpRequest, account: int) -> HttpResponse:
    """Say whose account it is, once."""
    found, number = _one(account), request.POST.get("number", "")[:40]
    return _act(
        request, found, lambda: staff.link(account=found, number=number, by=account_of(request), at=now())
    )


@_keeper
@require_POST
def bind(request: HttpRequest, account: int) -> HttpResponse:
    """Bind a provider's subject, or unbind it."""
    found, by, provider = _one(account), account_of(request), request.POST.get("provider", "")
    if "unbind" in request.POST:
        return _act(request, found, lambda: staff.unbind(account=found, provider=provider, by=by, at=now()))
    subject = request.POST.get("subject", "")[:191]
    return _act(
        request, found, lambda: staff.bind(account=found, provider=provider, subject=subject, by=by, at=now())
    )
