"""Processes killed between and within the steps of a draw, and two officers at the very same moment: nothing twice, nothing lost."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHILD = Path(__file__).with_name("lottery_child.py")
ENTRANTS, PLACES = 3_000, 50
SEEDED = ["prepare", "commit", "enter_seed", "confirm_seed"]


class Site:
    """A database of its own, with a draw whose seed is known."""

    def __init__(self, url, folder):
        self._environment = {
            **os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PYTHONPATH": os.pathsep.join([str(CHILD.parents[2]), str(CHILD.parents[2] / "src")]),
        }  # fmt: skip
        self.draw = self.run("setup", str(folder))

    def start(self, *given):
        return subprocess.Popen(
            [sys.executable, str(CHILD), *given], env=self._environment, stdout=subprocess.PIPE, text=True
        )

    def run(self, *given):
        process = self.start(*given)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        return said.strip().split("\n")[-1]

    def kill_within(self, step, account, where):
        """Begin a step and kill the process when it has come to ``where``."""
        process = self.start(step, self.draw, account, where)
        assert process.stdout.readline().strip() == "here"
        process.kill()
        process.communicate()

    def count(self):
        """What is in the database."""
        with psycopg.connect(self._environment["DATABASE_URL"]) as connection:
            events = connection.execute(
                "SELECT kind, username FROM lottery_event e JOIN accounts_account a ON a.id = e.actor ORDER BY e.id"
            ).fetchall()
            platforms = connection.execute(
                "SELECT kind, count(*) FROM lottery_event WHERE actor IS NULL GROUP BY kind"
            ).fetchall()
            return {
                "platform": dict(platforms),
                "events": [kind for kind, _ in events],
                "drawer": dict(events).get("draw"),
                **{
                    table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                    for table in (
                        "lottery_result",
                        "lottery_document",
                        "delivery_entitlement",
                        "delivery_step",
                    )
                },
            }


@pytest.fixture
def site(tmp_path):
    given = conninfo_to_dict(os.environ["DATABASE_URL"])
    name = f"lottery_faults_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield Site(make_conninfo("", **{**given, "dbname": name}), tmp_path)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_draw_lives_through_kills_and_haste(site):
    before = {"platform": {}, "events": SEEDED, "drawer": None, "lottery_result": 0, "lottery_document": 2}
    nothing = {"delivery_entitlement": 0, "delivery_step": 0}
    site.kill_within("draw", "first", "add")
    assert site.count() == before | nothing

    both = [site.start("draw", site.draw, account) for account in ("first", "second")]
    assert sorted(process.communicate(timeout=120)[0].strip() for process in both) == ["done", "stale"]
    drawn = site.count()
    drawer = drawn["drawer"]
    after = {
        "platform": {},
        "events": [*SEEDED, "draw"],
        "drawer": drawer,
        "lottery_result": ENTRANTS,
        "lottery_document": 3,
    }
    assert drawn == after | nothing

    other = {"first": "second", "second": "first"}[drawer]
    site.kill_within("publish", other, "hand_out")
    assert site.count() == drawn

    both = [site.start("publish", site.draw, other) for _ in range(2)]
    assert [process.communicate(timeout=120)[0].strip() for process in both] == ["done", "done"]
    public = site.count()
    waits = public["platform"]["wait"]
    assert 0 < waits < PLACES
    assert public == after | {
        "platform": {"wait": waits},
        "events": [*SEEDED, "draw", "publish"],
        "delivery_entitlement": PLACES - waits,
        "delivery_step": PLACES - waits,
    }

    site.kill_within("settle", "first", "hand_out")
    assert site.count() == public

    both = [site.start("settle", site.draw, account) for account in ("first", "second")]
    assert [process.communicate(timeout=120)[0].strip() for process in both] == ["done", "done"]
    settled = site.count()
    said = settled["platform"]
    assert said["promote"] == said["withdraw"] > 0
    assert said["wait"] == said["decide"] + said["withdraw"]
    assert settled == public | {"platform": said, "delivery_entitlement": PLACES, "delivery_step": PLACES}
