"""The pages of lotteries: what everybody may see and when, the officers' steps, and one's own rank in a real browser."""

import hashlib
import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import lottery_made as made
import pytest
from django.test import Client
from django.utils import timezone

from jigong.delivery.lottery import actions, changes, preparing, sampler
from jigong.delivery.lottery.enums import DocumentKind, Stage
from jigong.delivery.lottery.models import Draw, Entrant
from jigong.delivery.lottery.queries import document, placed, view, winners
from jigong.delivery.models import Entitlement
from jigong.portals.office import lotteries as office_lotteries

pytestmark = pytest.mark.django_db
SCRIPT = Path(__file__).parents[2] / "src/jigong/portals/public/static/public/lottery-check.js"


@pytest.fixture
def source(town, run, tmp_path):
    return made.source_with(town, run, tmp_path / "run", 40)


@pytest.fixture
def by():
    return made.pair()


@pytest.fixture
def office(source, by, monkeypatch):
    """The office's pages on a run in which forty may enter; signs officers in."""
    monkeypatch.setattr(office_lotteries, "current_source", lambda data: source)

    def browser(account):
        client = Client()
        client.force_login(account)
        return client

    return browser


def _get(path, client=None, **more):
    return (client or Client()).get(path, **more)


class TestEverybodySees:
    def test_no_draft(self, source, by):
        draw = made.prepared(source, by)
        for path in ("", "/roster.txt", "/results.csv", "/draw.py"):
            assert _get(f"/lottery/{draw.pk}{path}").status_code == 404
        assert draw.roster_sha256 not in _get("/lottery/").content.decode()

    def test_the_roster_as_soon_as_it_is_sealed_and_to_the_byte(self, source, by):
        found = made.sealed(source, by)
        answer = _get(f"/lottery/{found.draw.pk}/roster.txt")
        assert hashlib.sha256(answer.content).hexdigest() == found.draw.roster_sha256
        assert answer["Content-Type"].startswith("text/plain")
        again = _get(f"/lottery/{found.draw.pk}/roster.txt", headers={"if-none-match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        program = _get(f"/lottery/{found.draw.pk}/draw.py").content
        assert hashlib.sha256(program).hexdigest() == found.draw.sampler_sha256
        assert found.draw.roster_sha256 in _get("/lottery/").content.decode()

    def test_no_seed_before_two_officers_agree(self, source, by):
        found = made.sealed(source, by)
        actions.enter_seed(draw=found.draw.pk, seed="77.7777", evidence="", by=by.first, at=made.LATER)
        assert "77.7777" not in _get(f"/lottery/{found.draw.pk}").content.decode()
        actions.confirm_seed(draw=found.draw.pk, seed="77.7777", by=by.second, at=made.LATER)
        assert "77.7777" in _get(f"/lottery/{found.draw.pk}").content.decode()

    def test_no_results_before_they_are_published(self, source, by):
        found = made.drawn(source, by)
        pk = found.draw.pk
        assert _get(f"/lottery/{pk}/results.csv").status_code == 404
        page = _get(f"/lottery/{pk}").content.decode()
        results = document(pk, DocumentKind.RESULTS)
        assert results.sha256 not in page
        actions.publish(draw=pk, by=by.second, at=made.LATER, typed=found.draw.roster_sha256[:8])
        assert _get(f"/lottery/{pk}/results.csv").content == bytes(results.body)
        assert results.sha256 in _get(f"/lottery/{pk}").content.decode()

    def test_that_a_draw_was_drawn_again_and_why(self, source, by):
        first = made.published(source, by)
        again = made.published(source, by, replaces=first.draw.pk, reason="<b>名单漏了三人</b>", seed="8.8")
        old, new = (_get(f"/lottery/{d.draw.pk}").content.decode() for d in (first, again))
        assert f"/lottery/{again.draw.pk}" in old
        assert f"/lottery/{first.draw.pk}" in new
        assert "&lt;b&gt;名单漏了三人" in new
        assert "<b>名单" not in new

    def test_nobodys_name(self, source, by):
        found = made.published(source, by)
        page = _get(f"/lottery/{found.draw.pk}").content.decode()
        for one in winners(found):
            assert one.entrant.code in page
            assert one.entrant.person.name not in page

    @pytest.mark.parametrize("name", sampler.OTHERS)
    def test_the_program_in_every_language(self, name):
        assert _get(f"/lottery/programs/{name}").content == (sampler.FOLDER / name).read_bytes()

    @pytest.mark.parametrize("name", ["__init__.py", "..%2Fsampler.py", "nothing"])
    def test_no_other_file(self, name):
        assert _get(f"/lottery/programs/{name}").status_code == 404

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_a_page_in_both_languages(self, source, by, language):
        found = made.published(source, by)
        client = Client()
        client.cookies["language"] = language
        for path in ("/lottery/", f"/lottery/{found.draw.pk}"):
            page = re.sub(r"<(script|style).*?</\1>", "", _get(path, client).content.decode(), flags=re.S)
            assert ("摇号" in page) == (language == "zh") or language == "en"
            assert "{%" not in page
            assert " style=" not in page


class TestOfficers:
    def _form(self, **more):
        known = timezone.localtime() + timedelta(days=3)
        return {
            "places": "5",
            "source": "某指数收盘点位",
            "form": "3155.22",
            "known_at": f"{known:%Y-%m-%dT%H:%M}",
        } | more

    def test_all_steps(self, office, by, monkeypatch):
        first, second = office(by.first), office(by.second)
        answer = first.post(f"/office/lotteries/new/{made.HOMES}", self._form())
        draw = Draw.objects.get()
        page = f"/office/lotteries/{draw.pk}"
        assert (answer.status_code, answer["Location"]) == (302, page)
        assert "另一位" in _get(page, first).content.decode()
        assert _get(f"{page}/roster.txt", second).content.count(b"\n") > 40
        prefix = draw.roster_sha256[:8]
        assert second.post(f"{page}/commit", {"typed": "nonsense"}).status_code == 422
        assert second.post(f"{page}/commit", {"typed": prefix}).status_code == 302
        early = first.post(f"{page}/seed", {"seed": made.SEED})
        assert early.status_code == 422
        monkeypatch.setattr(office_lotteries, "now", lambda: timezone.now() + timedelta(days=4))
        assert first.post(f"{page}/seed", {"seed": "一"}).status_code == 422
        assert (
            first.post(f"{page}/seed", {"seed": made.SEED, "evidence": "javascript:alert(1)"}).status_code
            == 422
        )
        assert (
            first.post(f"{page}/seed", {"seed": made.SEED, "evidence": "https://example.org/"}).status_code
            == 302
        )
        assert made.SEED not in _get(page, second).content.decode()
        assert second.post(f"{page}/confirm", {"seed": made.SEED}).status_code == 302
        assert first.post(f"{page}/draw").status_code == 302
        assert first.post(f"{page}/publish", {"typed": prefix}).status_code == 422
        assert second.post(f"{page}/publish", {"typed": prefix}).status_code == 302
        assert view(draw).stage == Stage.PUBLISHED
        code = winners(view(draw))[0].entrant.code
        assert first.post(f"{page}/withdraw", {"code": code, "reason": ""}).status_code == 422
        assert first.post(f"{page}/withdraw", {"code": code, "reason": "书面放弃"}).status_code == 302
        assert first.post(f"{page}/settle").status_code == 302
        assert Entitlement.objects.filter(clause=made.HOMES, state="proposed").count() == 5
        assert "递补" in _get(page, first).content.decode()

    def test_a_form_with_a_fault_keeps_what_was_typed_and_says_what_is_wrong(self, office, by):
        answer = office(by.first).post(f"/office/lotteries/new/{made.HOMES}", self._form(places="408"))
        assert answer.status_code == 422
        assert "407" in answer.content.decode()
        assert "某指数收盘点位" in answer.content.decode()
        for bad in ({"known_at": "tomorrow"}, {"places": "x"}, {"places": "٣"}, {"source": ""}):
            assert (
                office(by.first).post(f"/office/lotteries/new/{made.HOMES}", self._form(**bad)).status_code
                == 422
            )
        assert not Draw.objects.exists()

    def test_a_stale_page_changes_nothing(self, office, by, source):
        draw = made.prepared(source, by)
        page, typed = f"/office/lotteries/{draw.pk}/", {"typed": draw.roster_sha256[:8]}
        actions.discard(draw=draw.pk, by=by.first, at=made.NOW, reason="")
        assert office(by.second).post(f"{page}commit", typed).status_code == 409
        assert office(by.second).post(f"{page}draw").status_code == 409

    def test_another_office_sees_none_of_it(self, office, by, source):
        other = made.officer("union-1", "union")
        theirs = made.prepared(made.source_with(*_union(source)), made.Pair(other, other), clause=made.DEGREE)
        mine = made.published(source, by).draw
        client = office(other)
        assert client.get(f"/office/lotteries/{theirs.pk}").status_code == 200
        assert client.get(f"/office/lotteries/{mine.pk}").status_code == 404
        assert client.get(f"/office/lotteries/{mine.pk}/roster.txt").status_code == 404
        assert client.get(f"/office/lotteries/new/{made.HOMES}").status_code == 404
        assert client.post(f"/office/lotteries/{mine.pk}/settle").status_code == 404
        listed = client.get("/office/lotteries/").content.decode()
        assert f"/office/lotteries/{theirs.pk}" in listed
        assert f'"/office/lotteries/{mine.pk}"' not in listed

    def test_who_only_reads_may_not_act(self, office, by, source):
        finance = made.officer("housing-money", "housing", made.Role.FINANCE)
        draw = made.published(source, by).draw
        client = office(finance)
        page = client.get(f"/office/lotteries/{draw.pk}")
        assert page.status_code == 200
        assert "/settle" not in page.content.decode()
        assert client.post(f"/office/lotteries/{draw.pk}/settle").status_code == 403

    def test_a_code_of_another_draw_is_nobody_here(self, office, by, source):
        first = made.published(source, by)
        second = made.published(source, by)
        code = winners(first)[0].entrant.code
        answer = office(by.first).post(
            f"/office/lotteries/{second.draw.pk}/withdraw", {"code": code, "reason": "x"}
        )
        assert answer.status_code == 404


def _union(source):
    """The arguments of :func:`lottery_made.source_with` for a draw of the union beside ``source``."""
    town = source.snapshot.store.root.parent
    folder = source.run.folder.parent / "union"
    run = made.read_run(made.run_folder(town / "runs", source.loaded.run))
    return town, run, folder, 8, made.DEGREE


class TestInTheBrowser:
    def test_the_pages_own_sha_256_agrees_with_every_other(self, tmp_path):
        said = _node(
            tmp_path,
            "const h = require('crypto'); const bad = [];"
            "for (let n = 0; n < 400; n++) { const b = new Uint8Array(n).map((_, i) => (i * 7 + n) % 256);"
            " if (C.sha256(b) !== h.createHash('sha256').update(b).digest('hex')) bad.push(n); }"
            "console.log(JSON.stringify([bad, C.sha256(C.utf8('abc')), C.sha256(C.utf8(''))]));",
        )
        assert said == [[], hashlib.sha256(b"abc").hexdigest(), hashlib.sha256(b"").hexdigest()]

    def test_it_finds_the_place_of_everybody_as_the_server_does(self, source, by, tmp_path):
        found = made.published(source, by)
        for place in (1, 3, 7):
            found = changes.give_up(
                draw=found.draw.pk,
                code=placed(found, place, 1)[0].entrant.code,
                by=by.first,
                at=made.LATER,
                reason="x",
            )
        (tmp_path / "roster").write_bytes(bytes(document(found.draw.pk, DocumentKind.ROSTER).body))
        rows = placed(found, 1, 40)
        asked = {
            "codes": [r.entrant.code for r in rows],
            "withdrawn": sorted(found.withdrawn),
            "seed": made.SEED,
        }
        said = _node(
            tmp_path,
            f"const asked = {json.dumps(asked)}; const roster = new Uint8Array(require('fs').readFileSync('roster'));"
            "(async () => { const out = []; for (const code of asked.codes) {"
            " const f = await C.check({ ...asked, roster, code, pause: async () => {} });"
            " out.push([f.rank, f.state, f.ticket, f.hash, f.results]); } console.log(JSON.stringify(out)); })();",
        )
        draw = found.draw
        assert said == [
            [
                r.rank,
                r.state,
                sampler.ticket(made.SEED, draw.roster_sha256, r.entrant.code),
                draw.roster_sha256,
                found.results_sha256,
            ]
            for r in rows
        ]

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("7f3k90qmv2xa", "7F3K-90QM-V2XA"),
            (" 7F3K 90QM v2xa ", "7F3K-90QM-V2XA"),
            ("oooo-iiii-llll", "0000-1111-1111"),
            ("7F3K", None),
            ("", None),
        ],
    )
    def test_a_code_may_be_typed_as_one_likes(self, tmp_path, typed, code):
        assert _node(tmp_path, f"console.log(JSON.stringify(C.code({json.dumps(typed)})))") == code


def _node(folder, lines):
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    script = folder / "run.js"
    script.write_text(f"const C = require({json.dumps(str(SCRIPT))});\n{lines}\n", encoding="utf-8")
    done = subprocess.run(["node", str(script)], capture_output=True, check=True, cwd=folder, text=True)
    return json.loads(done.stdout)


def test_codes_on_rosters_read_the_same_however_they_are_typed(source, by):
    draw = made.prepared(source, by)
    for code in Entrant.objects.filter(draw=draw).values_list("code", flat=True):
        assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}", code)


def test_preparing_lists_who_enters(source, by):
    assert len(preparing.who_enters(source, source.law.pack.clauses[made.HOMES].clause.value)) == 40
