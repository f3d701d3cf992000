"""The site with everybody loaded: how soon results reach people, and how many pages a second it serves."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.clauses import PACK
from bench.harness import ROOT, Job, Result, run, seconds
from bench.setting import Setting
from bench.visitors import visit

USERS = 32
_SECONDS = 20
_WARM = 5
"""Seconds not counted: each process reads the law when it is first asked for a page."""
_PEOPLE = 400
"""Workers whose pages are asked for in turn."""
_DAY = "2023-01-01"


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    found = run(Job("site", "site", {"district": str(setting.district())}))
    n = f"{setting.workers:,}"
    yield Result(
        "bring",
        f"判定结果写入 PostgreSQL,{n} 人(档案加密,待确认事项,操作记录)",
        f"a run's results into PostgreSQL, {n} workers (sealed dossiers, proposals, steps)",
        seconds(found["bring"]),
        "< 30 s",
        setting.full(found["bring"] < 30),
        found["peak_mb"],
        found["bring"],
    )
    yield Result(
        "fresh",
        "一项数据更正后,本人的页面更新(更正成立 → 入湖 → 重算 → 页面)",
        "a corrected fact reaches the worker's page (upheld → lake → decided anew → page)",
        seconds(found["fresh"]),
        "< 5 s",
        setting.full(found["fresh"] < 5),
        found["peak_mb"],
        found["fresh"],
    )
    for name, zh, en in (("home", "工人首页", "worker's home"), ("clause", "条款页", "clause page")):
        rate, p99 = found[f"{name}_rate"], found[f"{name}_p99"]
        yield Result(
            name,
            f"{zh},{USERS} 个并发用户({found['pages']} 名工人轮流;发起请求的程序也在这两个核上)",
            f"{en}, {USERS} users at once ({found['pages']} workers in turn; the clients share the two cores)",
            f"{rate:,.0f}/s, p99 {seconds(p99)}",
            "≥ 300/s, p99 < 0.3 s",
            setting.full(rate >= 300 and p99 < 0.3),
            found["peak_mb"],
            p99,
        )


def site(district: str) -> dict[str, Any]:
    """Bring a district's decisions into an empty database, then load its pages."""
    from jigong.config.site import environment, free_port, set_up

    given = {"JIGONG_DEMO": "1", "JIGONG_TODAY": _DAY, "JIGONG_LOG_LEVEL": "ERROR"}
    # The database's own user has to reach its files.
    data = Path(tempfile.mkdtemp(prefix="jigong-bench-"))
    data.chmod(0o755)
    for part in ("lake", "facts", "runs"):
        next_to = next(Path(district).glob(f"*/{part}"), None)
        if next_to is not None:
            shutil.copytree(next_to, data / part)
    try:
        with environment(PACK, data, given) as found:
            set_up(found)
            figures = _bring(data)
            port = free_port(8900)
            command = [sys.executable, "-m", "jigong", "serve", "--data", str(data), "--port", str(port)]
            server = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **found},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                _wait(port)
                _settle()
                sessions, pages = _sessions()
                for name in ("home", "clause"):
                    asked = list(zip(sessions, pages[name], strict=True))
                    visits = visit(port, asked, users=USERS, warm=_WARM, seconds=_SECONDS)
                    figures |= {f"{name}_rate": visits.rate, f"{name}_p99": visits.p99}
                figures["fresh"] = _fresh(port)
                figures["pages"] = len(sessions)
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(60)
        return {"seconds": figures["bring"], **figures}
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _bring(data: Path) -> dict[str, Any]:
    from django.utils import timezone

    from jigong.services.bring import bring

    started = time.perf_counter()
    bring(PACK, data, None, at=timezone.now())
    return {"bring": time.perf_counter() - started}


def _wait(port: int) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
            return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the site did not start")


def _settle() -> None:
    """Wait until the figures of the new run are made: that is the night's work, and done once."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    made = ProcrastinateJob.objects.filter(task_name="cockpit.prepare", status="succeeded")
    for _ in range(600):
        if made.exists():
            return
        time.sleep(0.5)
    raise RuntimeError("the background worker did not make the figures")


def _sessions() -> tuple[list[str], dict[str, list[str]]]:
    """Sessions of some workers who are due something, and the addresses to ask for."""
    from django.urls import reverse

    from jigong.delivery.models import Entitlement

    due = Entitlement.objects.filter(person__isnull=False, amount__isnull=False).select_related("person")
    people = {
        entitlement.person_id: entitlement for entitlement in due.order_by("subject_hash")[: 3 * _PEOPLE]
    }
    chosen = list(people.values())[:_PEOPLE]
    keys = [_session(entitlement.person) for entitlement in chosen]
    clauses = [reverse("worker:clause", args=[entitlement.clause]) for entitlement in chosen]
    return keys, {"home": [reverse("worker:home")] * len(keys), "clause": clauses}


def _session(person: Any) -> str:
    """The key of a session in which this worker is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from jigong.accounts.sessions.store import SessionStore
    from jigong.accounts.workers import worker_account

    account, session = worker_account(person), SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _fresh(port: int) -> float:
    """Seconds from an officer's yes to a correction until the worker's page has been served with it."""
    from django.urls import reverse
    from django.utils import timezone

    from jigong.accounts.models import Account
    from jigong.delivery.models import Entitlement
    from jigong.services.cases.actions import report_wrong, uphold
    from jigong.services.cases.queries import records

    at = timezone.now()
    grant = Entitlement.objects.filter(branch="partial", person__isnull=False).order_by("-amount").first()
    assert grant is not None
    assert grant.person is not None
    officer = Account.objects.get_or_create(username="officer-of-the-benchmark")[0]
    case = report_wrong(
        person=grant.person, fact="discounted_tuition", subject=grant.open_subject(), text="wrong", by=officer, at=at
    )  # fmt: skip
    key = next(record.key for record in records(case) if grant.open_subject() in record.key.values())
    page = urllib.request.Request(
        f"http://127.0.0.1:{port}{reverse('worker:clause', args=[grant.clause])}",
        headers={"Cookie": f"sessionid={_session(grant.person)}"},
    )
    started = time.perf_counter()
    uphold(
        case=case.pk, key=key, values={"discounted_tuition": "1000.00"}, reason="checked", by=officer, at=at
    )
    shown = urllib.request.urlopen(page, timeout=30).read().decode()
    took = time.perf_counter() - started
    if ">750<" not in shown:
        raise RuntimeError("the page does not follow the data")
    return took
