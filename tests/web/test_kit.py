"""The frame of every page: how it looks to whom, and what is shown when something went wrong."""

import re
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from jigong.accounts.models import Account
from jigong.config.urls import urlpatterns as real_urls
from jigong.delivery.states import State
from jigong.insight.shown import value_text
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.portals.kit.access import public
from jigong.portals.kit.look import ELDER
from jigong.portals.kit.views import bad_request, too_many

pytestmark = pytest.mark.django_db


@public
def broken(request: HttpRequest) -> HttpResponse:
    match request.GET.get("how"):
        case "database":
            raise OperationalError("the server is away")
        case "mistake":
            raise ZeroDivisionError
        case "refused":
            raise PermissionDenied
        case _:
            raise error("这样不行", "not like this", remedy=("换一种", "do it another way"))


urlpatterns = [path("broken", broken), *real_urls]
handler400 = "jigong.portals.kit.views.bad_request"
handler403 = "jigong.portals.kit.views.forbidden"
handler404 = "jigong.portals.kit.views.not_found"
handler500 = "jigong.portals.kit.views.server_error"
INLINE = r"<style|<script(?![^>]* (?:src=|type=\"application/json\"))|\son[a-z]+=|\sstyle="
with_broken = override_settings(ROOT_URLCONF=__name__)


def render(text: str, **given: object) -> str:
    return Template(text).render(Context({"language": "zh", "today": date(2023, 1, 1), **given}))


@pytest.fixture
def account() -> Account:
    return Account.objects.create(username="somebody")


class TestPreferences:
    def test_a_choice_is_kept_on_the_device_and_in_the_account(self, client, account):
        client.force_login(account)
        client.post("/preferences", {"language": "en", "next": "/nowhere"})
        client.post("/preferences", {"theme": "dark"})
        client.post("/preferences", {"text": "elder"})
        account.refresh_from_db()
        assert (account.language, account.dark, account.elder) == ("en", "dark", True)
        page = client.get("/nowhere").content.decode()
        assert '<html lang="en"' in page
        assert 'data-bs-theme="dark"' in page
        assert f'data-text="{ELDER}"' in page

    def test_the_account_speaks_on_a_new_device(self, account):
        Account.objects.filter(pk=account.pk).update(language="en", elder=True, dark="dark")
        client = Client()
        client.force_login(account)
        page = client.get("/nowhere").content.decode()
        assert '<html lang="en"' in page
        assert 'data-bs-theme="dark"' in page
        assert "data-text" in page

    def test_type_grows_to_thirty_pixels_and_shrinks_to_plain(self, client):
        for _ in range(20):
            client.post("/preferences", {"text": "larger"})
        assert client.cookies["text"].value == "30"
        for _ in range(20):
            client.post("/preferences", {"text": "smaller"})
        assert client.cookies["text"].value == "0"

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_it_goes_on_to_pages_of_this_site_only(self, client, target):
        assert client.post("/preferences", {"language": "en", "next": target}).url == "/"

    @pytest.mark.parametrize("given", [{"language": "fr"}, {"text": "999"}, {"theme": "<b>"}, {}])
    def test_what_does_not_exist_is_not_kept(self, client, given):
        assert client.post("/preferences", given).status_code == 302
        assert not set(client.cookies) & {"language", "text", "theme"}

    def test_reading_a_page_changes_nothing(self, client):
        assert client.get("/preferences").status_code == 405


class TestProblems:
    @pytest.mark.parametrize(
        ("how", "status", "words"),
        [
            ("mend", 422, ("这样不行", "换一种")),
            ("refused", 403, ("不归您办理",)),
            ("database", 503, ("正在恢复", "不会执行两次")),
            ("mistake", 500, ("是我们的错",)),
        ],
    )
    @with_broken
    def test_every_fault_is_a_page_that_says_what_to_do(self, how, status, words):
        client = Client(raise_request_exception=False)
        answer = client.get(f"/broken?how={how}")
        assert answer.status_code == status
        for word in words:
            assert word in answer.content.decode()

    @with_broken
    def test_and_in_english(self):
        client = Client(raise_request_exception=False)
        client.cookies["language"] = "en"
        assert "nothing is ever done twice" in client.get("/broken?how=database").content.decode()
        assert "our fault" in client.get("/broken?how=mistake").content.decode()
        assert "do it another way" in client.get("/broken").content.decode()

    @with_broken
    def test_under_htmx_a_problem_is_a_notice(self, client):
        answer = client.get("/broken", headers={"HX-Request": "true"})
        assert answer.status_code == 422
        assert answer.headers["HX-Retarget"] == "#notices"
        assert "<html" not in answer.content.decode()

    def test_a_missing_page(self, client):
        assert "没有找到" in client.get("/no/such/page").content.decode()

    def test_a_form_without_its_token_is_explained(self):
        answer = Client(enforce_csrf_checks=True).post("/preferences", {"language": "en"})
        assert answer.status_code == 403
        assert "页面放得太久了" in answer.content.decode()

    def test_too_large_and_too_often(self):
        request = RequestFactory().get("/")
        assert bad_request(request, RequestDataTooBig()).status_code == 413
        assert bad_request(request, None).status_code == 400
        often = too_many(request, seconds=90)
        assert (often.status_code, often.headers["Retry-After"]) == (429, "90")
        assert "2 分钟" in often.content.decode()

    def test_a_null_character_is_refused(self, client):
        assert client.get("/?q=%00").status_code == 400

    def test_the_database_away_before_a_view_begins(self, account, monkeypatch):
        client = Client(raise_request_exception=False)
        client.force_login(account)

        def away(request: HttpRequest) -> None:
            raise OperationalError

        monkeypatch.setattr("jigong.accounts.sessions.middleware._account", away)
        assert client.get("/nowhere").status_code == 503


class TestPolicy:
    def test_no_page_carries_inline_script_or_style(self, client):
        for address in ("/no/such/page", "/sign-in", "/verify"):
            page = client.get(address, follow=True).content.decode()
            assert not re.search(INLINE, page)
            assert "hx-on" not in page

    def test_every_answer_has_the_policy(self, client):
        policy = client.get("/no/such/page").headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'self'" in policy


class TestTags:
    def test_words_and_values_are_escaped(self):
        assert "&lt;b&gt;" in render('{% t "{n} 好" "hello {n}" n=name %}', name="<b>")
        assert "&lt;b&gt;" in render("{% say words %}", words=Text("<b>", "<b>"))
        assert render('{% t "a {n}" "b {n}" n=name %}', name="{0.__class__}") == "a {0.__class__}"

    @pytest.mark.parametrize(
        ("number", "said"), [(0, "0 rows wait"), (1, "1 row waits"), ("1,000", "1,000 rows wait")]
    )
    def test_a_number_goes_with_its_word(self, number, said):
        text = '{% t "{n} 行在等" "{n} {n:row waits|rows wait}" n=number %}'
        assert render(text, language="en", number=number) == said
        assert render(text, number=number) == f"{number} 行在等"

    def test_a_deadline_warns(self):
        assert "还有 3 天" in render("{% deadline day %}", day=date(2023, 1, 4))
        assert "逾期 2 天" in render("{% deadline day %}", day=date(2022, 12, 30))
        assert "今天到期" in render("{% deadline day %}", day=date(2023, 1, 1))
        assert render("{% deadline day %}", day=None) == ""

    @pytest.mark.parametrize("given", [True, "yes", False, "no", None, "undecided"])
    def test_a_verdict_is_also_said_in_words(self, given):
        words = {True: "符合", "yes": "符合", False: "不符合", "no": "不符合"}.get(given, "待定")
        assert f'aria-label="{words}"' in render("{% verdict given %}", given=given)

    def test_every_state_has_a_badge(self):
        for state in State:
            assert "badge" in render("{% state given %}", given=state.value)

    def test_nothing_is_named_so_that_a_loop_may_hold_it(self):
        text = '{% for one in many %}{% empty %}{% nothing "inbox" "没有" "none" %}{% endfor %}'
        assert "没有" in render(text, many=[])

    @pytest.mark.parametrize(
        ("value", "unit", "zh", "en"),
        [
            (True, None, "是", "yes"),
            (None, "yuan", "未知", "unknown"),
            (6, "month", "6 个月", "6 months"),
            (1, "month", "1 个月", "1 month"),
            (3, "level", "3", "3"),
            (("a", "b"), None, "a、b", "a, b"),
            (date(2023, 1, 1), None, "2023年1月1日", "1 Jan 2023"),
        ],
    )
    def test_values_read_as_people_say_them(self, value, unit, zh, en):
        assert (value_text(value, unit, "zh"), value_text(value, unit, "en")) == (zh, en)
