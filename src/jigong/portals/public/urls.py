"""Addresses of this portal."""

from django.urls import URLPattern, URLResolver, path

from jigong.portals.public import credentials, law, lottery, published, sources, verify

app_name = "public"

_CREDENTIALS: list[URLPattern | URLResolver] = [
    path("verify", verify.verify, name="verify"),
    path("verify/check", verify.check_code, name="check"),
    path("verify/seen/<str:ticket>", verify.checked, name="checked"),
    path("V/<str:token>", verify.opened, name="opened"),
    path("keys", published.keys, name="keys"),
    path(".well-known/jigong-keys.json", published.jwks, name="jwks"),
    path(".well-known/did.json", published.did, name="did"),
    path("credentials/<uuid:id_>", credentials.credential, name="credential"),
    path("achievements/<str:kind>/<str:code>", credentials.achievement_json, name="achievement"),
    path("status/<int:number>", credentials.status, name="status"),
]

_LOTTERY: list[URLPattern | URLResolver] = [
    path("lottery/", lottery.lotteries, name="lotteries"),
    path("lottery/<int:number>", lottery.lottery, name="lottery"),
    path("lottery/<int:number>/roster.txt", lottery.roster, name="lottery_roster"),
    path("lottery/<int:number>/results.csv", lottery.results, name="lottery_results"),
    path("lottery/<int:number>/draw.py", lottery.program, name="lottery_program"),
    path("lottery/programs/<str:name>", lottery.other_program, name="lottery_other_program"),
]

_LAW: list[URLPattern | URLResolver] = [
    path("law", law.law, name="law"),
    path("law/sources/", sources.sources, name="law_sources"),
    path("law/<slug:clause>", law.clause, name="law_clause"),
]

urlpatterns: list[URLPattern | URLResolver] = [*_CREDENTIALS, *_LOTTERY, *_LAW]
