"""Addresses of this portal: the front door, ways in, and keeping accounts."""

from django.urls import URLPattern, URLResolver, include, path

from jigong.portals.entry import accounts, demo, elsewhere, home, second, security, staff, unmasking, worker

_ENTRY: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("demo", demo.people, name="demo"),
    path("demo/be", demo.be, name="demo-be"),
    path("sign-out", home.sign_out, name="sign-out"),
    path("sign-in", worker.phone, name="sign-in"),
    path("sign-in/code", worker.code, name="code"),
    path("sign-in/which", worker.which, name="which"),
    path("sign-in/zlb", elsewhere.zlb, name="zlb"),
    path("sign-in/zlb/back", elsewhere.zlb_back, name="zlb-back"),
    path("sign-in/staff", staff.password, name="staff"),
    path("sign-in/zzd", elsewhere.zzd, name="zzd"),
    path("sign-in/elsewhere", elsewhere.elsewhere, name="elsewhere"),
    path("sign-in/elsewhere/failed", elsewhere.failed, name="elsewhere-failed"),
    path("sign-in/invitation/<int:account>/<str:token>", staff.invitation, name="invitation"),
    path("sign-in/second", second.second, name="second"),
    path("sign-in/second/new", second.new, name="second-new"),
    path("sign-in/second/options", second.options, name="second-options"),
    path("sign-in/security", security.mine, name="security"),
    path("sign-in/security/again", security.again, name="again"),
    path("sign-in/security/add", security.add, name="add"),
    path("sign-in/security/keep", security.keep, name="keep"),
    path("sign-in/security/remove", security.remove, name="remove"),
    path("sign-in/security/recovery", security.recovery, name="recovery"),
]
_ACCESS: list[URLPattern | URLResolver] = [
    path("", accounts.index, name="index"),
    path("new", accounts.new, name="new"),
    path("organisations", accounts.organisations, name="organisations"),
    path("<int:account>", accounts.one, name="account"),
    path("<int:account>/grant", accounts.grant, name="grant"),
    path("<int:account>/end/<int:membership>", accounts.end, name="end"),
    path("<int:account>/invite", accounts.invite, name="invite"),
    path("<int:account>/close", accounts.close, name="close"),
    path("<int:account>/reset", accounts.reset, name="reset"),
    path("<int:account>/link", accounts.link, name="link"),
    path("<int:account>/bind", accounts.bind, name="bind"),
    path("unmask/<int:person>/<str:what>", unmasking.unmask, name="unmask"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((_ENTRY, "entry"))),
    path("access/", include((_ACCESS, "access"))),
    # allauth looks these two up by their own names.
    path("sign-in/oidc/login/", elsewhere.oidc_login, {"provider_id": "oidc"}, name="openid_connect_login"),
    path("sign-in/oidc/login/callback/", elsewhere.oidc_back, {"provider_id": "oidc"}, name="openid_connect_callback"),
]  # fmt: skip
