"""The record only grows: the database refuses anything else, and a changed line is found."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.models import Entry
from jigong.audit.queries import check_chain

AT = datetime(2023, 1, 1, 9, 30, 15, 123456, tzinfo=UTC)
REFUSED = "audit_entry only grows"


@pytest.fixture
def lines(db):
    """Three lines, with every column filled in one of them."""
    account = Account.objects.create(username="wang")
    record("a.first", by=None, at=AT)
    record(
        "a.second", by=account, at=AT, object_kind="entitlement", object_id=7, person=9,
        reason="核对\n“材料”\x1f", detail={"to": "paid", "amount": "5000.00"},
    )  # fmt: skip
    record("a.third", by=account, at=AT)
    return list(Entry.objects.order_by("-id")[:3])[::-1]


def sql(statement: str, *given: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def test_lines_are_chained_and_numbered_without_gaps(lines):
    found = check_chain()
    assert found.broken_at is None
    assert found.head == lines[-1].hash
    assert [line.id for line in lines] == list(range(lines[0].id, lines[0].id + 3))
    assert [line.previous for line in lines[1:]] == [line.hash for line in lines[:-1]]
    assert lines[1].actor_label == "staff"
    assert lines[0].actor_label == "platform"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET reason = 'other'",
        "UPDATE audit_entry SET hash = hash",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry CASCADE",
    ],
)
def test_the_database_refuses_anything_but_adding(lines, statement):
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        sql(statement)
    assert list(Entry.objects.order_by("-id")[:3])[::-1] == lines
    assert check_chain().broken_at is None


@pytest.mark.parametrize("change", ["save", "delete", "queryset update", "queryset delete"])
def test_so_it_does_by_way_of_django(lines, change):
    first = lines[0]
    first.reason = "other"
    ways = {
        "save": first.save,
        "delete": first.delete,
        "queryset update": lambda: Entry.objects.update(reason="other"),
        "queryset delete": lambda: Entry.objects.all().delete(),
    }
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        ways[change]()


def test_number_and_hash_are_the_databases_own_whatever_is_given(lines):
    Entry.objects.create(
        id=lines[0].id, at=AT, actor_label="x", action="a.forged", previous="f" * 64, hash="f" * 64
    )
    forged = Entry.objects.order_by("-id")[0]
    assert forged.id == lines[-1].id + 1
    assert forged.previous == lines[-1].hash
    assert check_chain().broken_at is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2023-01-01 09:30:15.123457+00"),
        ("actor", 99),
        ("actor_label", "leader@union"),
        ("action", "a.other"),
        ("object_kind", "payment"),
        ("object_id", "8"),
        ("person", None),
        ("reason", "核对“材料”"),
        ("detail", '{"to":"declined"}'),
        ("previous", "0" * 64),
        ("hash", "f" * 64),
    ],
)
def test_who_goes_round_the_database_is_found_out(lines, column, value):
    sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    sql(f"UPDATE audit_entry SET {column} = %s WHERE id = %s", value, lines[1].id)
    sql("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    assert check_chain().broken_at == lines[1].id


@pytest.mark.parametrize("place", [0, 1])
def test_so_is_who_removes_a_line(lines, place):
    sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    sql("DELETE FROM audit_entry WHERE id = %s", lines[place].id)
    sql("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    assert check_chain().broken_at == lines[place + 1].id


def test_two_lines_that_change_places_are_found(lines):
    sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    sql("UPDATE audit_entry SET id = -1 WHERE id = %s", lines[0].id)
    sql("UPDATE audit_entry SET id = %s WHERE id = %s", lines[0].id, lines[1].id)
    sql("UPDATE audit_entry SET id = %s WHERE id = -1", lines[1].id)
    sql("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    assert check_chain().broken_at is not None


def test_a_line_is_undone_with_what_it_records(lines):
    before = Entry.objects.count()
    with transaction.atomic():
        record("a.fourth", by=None, at=AT)
        transaction.set_rollback(True)
    assert Entry.objects.count() == before
    record("a.fifth", by=None, at=AT)
    assert Entry.objects.order_by("-id")[0].id == lines[-1].id + 1


def test_writers_at_the_same_moment_leave_no_gap(django_db_setup, django_db_blocker):
    each, writers = 15, 8
    together = threading.Barrier(writers)

    def write(name: int) -> None:
        with django_db_blocker.unblock():
            together.wait()
            for turn in range(each):
                with transaction.atomic():
                    record("a.together", by=None, at=AT, object_id=f"{name}-{turn}")
                    transaction.set_rollback(turn % 5 == 4)
            connection.close()

    with django_db_blocker.unblock():
        before = Entry.objects.count()
        threads = [threading.Thread(target=write, args=(name,)) for name in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ids = list(Entry.objects.order_by("id").values_list("id", flat=True))
        found = check_chain()
        connection.close()
    assert len(ids) == before + writers * each * 4 // 5
    assert ids == list(range(1, len(ids) + 1))
    assert found.broken_at is None
