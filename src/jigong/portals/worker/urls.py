"""Addresses of the worker's portal."""

from django.urls import path

from jigong.portals.worker.views import acts, clauses, data, home, me, wrong

app_name = "worker"
urlpatterns = [
    path("", home.home, name="home"),
    path("code", home.code, name="code"),
    path("code/now", home.code_now, name="code_now"),
    path("clauses", clauses.clauses, name="clauses"),
    path("clauses/<slug:clause>", clauses.clause, name="clause"),
    path("clauses/<slug:clause>/apply/<slug:reference>", acts.apply, name="apply"),
    path("confirm", acts.confirm_all, name="confirm_all"),
    path("entitlements/<int:pk>/confirm", acts.confirm, name="confirm"),
    path("entitlements/<int:pk>/withdraw", acts.withdraw, name="withdraw"),
    path("entitlements/<int:pk>/appeal", acts.appeal, name="appeal"),
    path("recoveries/<int:pk>/statement", acts.state, name="state"),
    path("evidence/<slug:fact>", data.evidence, name="evidence"),
    path("wrong/<slug:fact>", wrong.wrong, name="wrong"),
    path("cases", wrong.cases, name="cases"),
    path("data", data.data, name="data"),
    path("data/export", data.export, name="export"),
    path("data/looks", data.looks, name="looks"),
    path("data/consents", data.consents, name="consents"),
    path("me", me.me, name="me"),
    path("me/messages", me.messages_, name="messages"),
    path("me/messages/read", me.messages_read, name="messages_read"),
    path("me/bank-account", me.bank_account, name="bank_account"),
    path("me/number", me.own_number, name="own_number"),
    path("me/credentials", me.credentials, name="credentials"),
    path("me/credentials/<uuid:pk>.<slug:ending>", me.credential_file, name="credential_file"),
]
