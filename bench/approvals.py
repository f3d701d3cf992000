"""Approvals a minute, by four officers at once, each with a connection of their own; and whether the books are whole after."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.clauses import PACK
from bench.harness import Job, Result, side_by_side
from bench.setting import Setting

OFFICERS = 4
ONE_BY_ONE = 4_000
"""Approvals of one run, each in a transaction of its own."""
AT = datetime(2023, 1, 5, 2, 0, tzinfo=UTC)
TARGET = 1_000
"""Approvals a minute."""


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    count = setting.scaled(ONE_BY_ONE)
    jobs = {
        "one": Job("approvals", "one_by_one", {"waiting": setting.workers, "count": count}),
        "many": Job("approvals", "in_bulk", {"waiting": setting.workers, "count": count}),
    }
    found = side_by_side(jobs, setting.runs)
    for name, zh, en in (
        ("one", "逐项批准", "one by one"),
        ("many", "每页 50 项批量批准", "fifty at a time"),
    ):
        measured = found[name]
        per_minute = count / measured.seconds * 60
        whole = bool(measured.figures["whole"])
        yield Result(
            "approvals" if name == "one" else "approvals in bulk",
            f"{setting.workers:,} 项待批，{OFFICERS} 人同时{zh}，每分钟批准；账簿{'完整' if whole else '不完整'}",
            f"{setting.workers:,} waiting, {OFFICERS} officers approve {en}, a minute; the books are {'whole' if whole else 'NOT whole'}",
            f"{per_minute:,.0f}",
            f"≥ {TARGET:,}, 账簿完整 whole books",
            setting.full(per_minute >= TARGET) if whole else False,
            measured.peak_mb,
            measured.seconds,
        )


def one_by_one(waiting: int, count: int) -> dict[str, Any]:
    """Approve ``count`` of ``waiting`` entitlements, each by itself, as single clicks do."""

    def work(ids: Sequence[int], officer: Any) -> None:
        from jigong.delivery.approval import approve

        for id_ in ids:
            approve(entitlement=id_, by=officer, at=AT)

    return _measured(waiting, count, work)


def in_bulk(waiting: int, count: int) -> dict[str, Any]:
    """Approve ``count`` of ``waiting`` entitlements, a page of a queue at a time."""

    def work(ids: Sequence[int], officer: Any) -> None:
        from jigong.delivery.approval import approve_many

        for start in range(0, len(ids), 50):
            done = approve_many(entitlements=ids[start : start + 50], by=officer, at=AT)
            assert all(one.ok for one in done)

    return _measured(waiting, count, work)


def _measured(waiting: int, count: int, work: Callable[[Sequence[int], Any], None]) -> dict[str, Any]:
    """The seconds in which the officers do their shares, and whether the books are whole then."""
    from jigong.config.site import environment, set_up

    with tempfile.TemporaryDirectory() as folder:
        # The server's files belong to a user of its own, who must be able to reach them.
        Path(folder).chmod(0o755)
        with environment(PACK, Path(folder), {"JIGONG_DEMO": "1"}) as variables:
            set_up(variables)
            officers, ids = _town(waiting)
            shares = [ids[place:count:OFFICERS] for place in range(OFFICERS)]
            seconds = _together(
                [_share(work, share, who) for share, who in zip(shares, officers, strict=True)]
            )
            figures = {"seconds": seconds, **_books(count)}
            _let_go()
    return figures


def _share(
    work: Callable[[Sequence[int], Any], None], ids: Sequence[int], officer: Any
) -> Callable[[], None]:
    return lambda: work(ids, officer)


def _together(jobs: Sequence[Callable[[], None]]) -> float:
    """Seconds from the common start until the last is done."""
    barrier = threading.Barrier(len(jobs) + 1)
    failed: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        from django.db import connection

        try:
            connection.ensure_connection()
            barrier.wait()
            job()
        except BaseException as bad:
            failed.append(bad)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - started


def _town(waiting: int) -> tuple[list[Any], list[int]]:
    """Officers, and so many entitlements that wait for approval."""
    from jigong.accounts.enums import Role
    from jigong.accounts.humans import set_number
    from jigong.accounts.models import Account, Membership, Organisation, Person
    from jigong.delivery.models import Entitlement, Step
    from jigong.dossiers.models import LoadedRun
    from jigong.packs.reader import read_pack

    run = LoadedRun.objects.create(
        run="bench", pack_hash=read_pack(PACK).hash, pack_folder=str(PACK), snapshot="bench", known_on=date(2023, 1, 1),
        as_of=date(2023, 1, 1), kinds=[], totals={}, workers=waiting, loaded_at=AT, current=True,
    )  # fmt: skip
    bureau = Organisation.objects.create(kind="bureau", code="bench", zh="测试部门")
    *officers, reviewer = [Account.objects.create(username=f"officer-{n}") for n in range(OFFICERS + 1)]
    for officer in (*officers, reviewer):
        set_number(officer, officer.username)
        Membership.objects.create(account=officer, organisation=bureau, role=Role.APPROVER)
    person = Person.objects.create(number_hash="bench", number=b"", name="演示")
    first = Entitlement.objects.create(
        clause="degree-associate", subject_hash="0", subject=b"", person=person, state="passed", mode="application",
        office="bench", fund="education", amount=Decimal("100.00"), run=run, created_at=AT, updated_at=AT,
    )  # fmt: skip
    step = Step.objects.create(
        entitlement=first, at=AT, by=reviewer, move="review", from_state="confirmed", to_state="passed"
    )
    _more_of(first, {"subject_hash": "n::text"}, waiting - 1)
    _more_of(step, {"entitlement_id": f"{first.pk} + n"}, waiting - 1)
    return officers, list(Entitlement.objects.order_by("pk").values_list("pk", flat=True))


def _more_of(row: Any, own: Mapping[str, str], count: int) -> None:
    """So many rows like this only one, the n-th with columns of its ``own`` by SQL with ``n``."""
    from django.db import connection

    table = row._meta.db_table
    columns = [f.column for f in row._meta.concrete_fields if f.column not in (row._meta.pk.column, *own)]
    values = ", ".join([*own.values(), *columns])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join([*own, *columns])}) SELECT {values} FROM {table}, generate_series(1, %s) n",
            [count],
        )
        cursor.execute(f"ANALYZE {table}")


def _books(count: int) -> dict[str, Any]:
    """Whether the books are whole and hold every approval once."""
    from jigong.delivery.ledger.queries import check, fund_year

    reserved = fund_year("education", AT.year).reserved
    found = check()
    return {
        "whole": found.ok and reserved == 100 * count,
        "faults": [fault.en for fault in found.faults],
        "lines": found.lines.lines,
    }


def _let_go() -> None:
    """Close every connection, so that the server can stop."""
    from django.db import connection

    connection.close()
    pool = getattr(connection, "pool", None)
    if pool is not None:
        connection.close_pool()
