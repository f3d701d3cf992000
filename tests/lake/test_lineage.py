"""What facts and subjects depend on, and whom a ghost reaches, where one can say it by hand."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache

import duckdb
import pytest
from lineage_bench import ghost_table, pack

from jigong.lake.lineage import SubjectUse, Use, classes_of, fact_uses, subject_uses
from jigong.lake.topics import PROGRAM_TABLES, with_values

DAY = date(2022, 12, 16)


@cache
def uses_of(topic: str) -> dict[str, tuple[Use, ...]]:
    schemas = {name: [column.name for column in one.columns] for name, one in pack().contracts.items()}
    keys = {name: one.key for name, one in pack().contracts.items()}
    placed = pack().topics[topic]
    sql = with_values(placed.sql, pack().parameters_on(DAY), DAY)
    return fact_uses(sql, placed.header.value.subject, schemas, PROGRAM_TABLES, ghost_table, keys=keys)


@cache
def subject_uses_of(name: str) -> tuple[SubjectUse, ...]:
    schemas = {name: [column.name for column in one.columns] for name, one in pack().contracts.items()}
    sql = with_values(pack().subjects[name].value.sql, pack().parameters_on(DAY), DAY)
    links = ["worker"] if " AS worker" in sql and name != "worker" else []
    return subject_uses(sql, name, links, schemas, PROGRAM_TABLES, ghost_table)


def columns_of(fact: str, data_class: str) -> set[str]:
    """All columns of a class that could change a fact."""
    uses = uses_of(pack().fact_topics[fact].name)[fact]
    return {column for use in uses if use.data_class == data_class for column in use.columns}


class Records:
    """A few records, and ghosts, given by the cells that matter."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        for one in pack().contracts.values():
            columns = ", ".join(f'"{column.name}" {column.duckdb_type}' for column in one.columns)
            self.connection.execute(f'CREATE TABLE "{one.name}" ({columns})')
            self.connection.execute(f"CREATE TABLE {ghost_table(one.name)} ({columns}, _ghost VARCHAR)")

    def add(self, table: str, **cells: str) -> None:
        names = ", ".join(f'"{name}"' for name in cells)
        self.connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(cells))})", list(cells.values())
        )

    def record(self, data_class: str, **cells: str) -> None:
        self.add(f'"{data_class}"', **cells)

    def ghost(self, data_class: str, id_: str, **cells: str) -> None:
        self.add(ghost_table(data_class), _ghost=id_, **cells)

    def asked(self, kind: str, *keys: str) -> None:
        self.connection.execute(f'CREATE TABLE asked ("{kind}" VARCHAR, as_of DATE)')
        for key in keys:
            self.connection.execute("INSERT INTO asked VALUES (?, ?)", [key, DAY])

    def reached(self, fact: str) -> set[tuple[str, str]]:
        """Who is reached by which ghost, as to a fact."""
        found = set()
        for use in uses_of(pack().fact_topics[fact].name)[fact]:
            assert use.reach is not None
            found |= {(key, ghost) for key, _, ghost in self.connection.execute(use.reach).fetchall()}
        return found


@pytest.fixture
def records() -> Iterator[Records]:
    made = Records()
    yield made
    made.connection.close()


@pytest.mark.parametrize(
    ("fact", "classes"),
    [
        ("certificate_first", {"skill_certificate"}),
        ("certificate_level", {"skill_certificate"}),
        (
            "certificate_by_own_enterprise",
            {"skill_certificate", "labour_contract", "accreditation", "enterprise"},
        ),
        ("contract_active", {"labour_contract"}),
        ("industry", {"labour_contract", "enterprise"}),
        ("employer_accredited", {"labour_contract", "accreditation", "enterprise"}),
        ("enterprise_contracts", {"labour_contract"}),
        ("enterprise_certified", {"labour_contract", "skill_certificate"}),
        ("childcare_enrolled", {"childcare_enrolment"}),
        ("childcare_monthly_fee", {"childcare_enrolment"}),
        ("childcare_growth_station", {"childcare_enrolment", "station"}),
        ("household_members", {"household_member"}),
        ("household_workers", {"household_member", "person"}),
        ("household_town", {"household_member", "residence_registration"}),
        ("household_income", {"household_member", "household_income"}),
        ("family_here", {"household_member", "child_schooling", "childcare_enrolment"}),
        ("town", {"residence_registration", "labour_contract", "enterprise"}),
        ("resident", {"residence_registration", "person"}),
        ("education_rank", {"academic_credential"}),
        ("enterprise_certified_rank", {"skill_certificate", "labour_contract", "enterprise"}),
        ("certificate_rank", {"skill_certificate"}),
        ("contest_is_best", {"competition_result"}),
        (
            "agreed_minimum_wage",
            {"labour_contract", "collective_agreement", "skill_certificate", "enterprise"},
        ),
        ("collective_covered", {"labour_contract", "collective_agreement", "enterprise"}),
    ],
)
def test_a_fact_depends_on_the_classes_it_is_made_of_and_no_others(fact: str, classes: set[str]) -> None:
    assert set(classes_of(uses_of(pack().fact_topics[fact].name)[fact])) == classes


@pytest.mark.parametrize("name", sorted(pack().topics))
def test_every_fact_of_qiantang_has_its_ways_and_they_run(name: str, records: Records) -> None:
    topic = pack().topics[name]
    records.asked(topic.header.value.subject)
    for fact, uses in uses_of(name).items():
        assert uses, fact
        for use in uses:
            assert use.reach is not None, (fact, use)
            assert use.columns <= {column.name for column in pack().contracts[use.data_class].columns}
            described = records.connection.execute(use.reach).description
            assert [column[0] for column in described or ()] == [topic.header.value.subject, "as_of", "ghost"]


@pytest.mark.parametrize("name", sorted(pack().subjects))
def test_every_subject_of_qiantang_has_its_ways_and_they_run(name: str, records: Records) -> None:
    assert subject_uses_of(name)
    for use in subject_uses_of(name):
        for column, text in {name: use.reach_key, **use.reach_link}.items():
            assert text is not None, (use.data_class, column)
            described = records.connection.execute(text).description
            assert [one[0] for one in described or ()] == [column, "ghost"]


# Whom a ghost reaches


def test_a_waiting_certificate_touches_the_others_of_the_same_person(records: Records) -> None:
    records.asked("skill_certificate", "A", "B", "C", "D")
    same = {"occupation_code": "6-01", "level": "技师"}
    records.record("skill_certificate", certificate_no="A", person_id="p", **same)
    records.record("skill_certificate", certificate_no="B", person_id="q", **same)
    records.record(
        "skill_certificate", certificate_no="C", person_id="p", occupation_code="6-02", level="技师"
    )
    records.ghost("skill_certificate", "mine", certificate_no="D", person_id="p", **same)
    assert records.reached("certificate_first") == {("A", "mine"), ("D", "mine")}
    assert records.reached("certificate_is_highest") == {("A", "mine"), ("C", "mine"), ("D", "mine")}
    assert records.reached("certificate_level") == {("D", "mine")}


def test_a_waiting_firm_touches_those_it_employs(records: Records) -> None:
    records.asked("worker", "p", "q")
    records.record("labour_contract", contract_no="1", person_id="p", enterprise_id="F")
    records.record("labour_contract", contract_no="2", person_id="q", enterprise_id="G")
    records.ghost("enterprise", "firm", enterprise_id="F")
    records.ghost("labour_contract", "contract", contract_no="3", person_id="q")
    assert records.reached("industry") == {("p", "firm"), ("q", "contract")}
    assert records.reached("contract_active") == {("q", "contract")}


def test_a_waiting_certificate_touches_its_holders_employer(records: Records) -> None:
    records.asked("enterprise", "F", "G")
    records.record("labour_contract", contract_no="1", person_id="p", enterprise_id="F")
    records.ghost("skill_certificate", "certificate", certificate_no="A", person_id="p")
    assert records.reached("enterprise_certified") == {("F", "certificate")}
    assert records.reached("self_certified_last_year") == set()


def test_a_waiting_member_touches_the_whole_household(records: Records) -> None:
    records.asked("worker", "p", "q", "r")
    records.record("household_member", household_id="H", member_id="p")
    records.record("household_member", household_id="I", member_id="q")
    records.ghost("household_member", "child", household_id="H", member_id="c")
    records.ghost("household_member", "moved", household_id="I", member_id="r")
    assert records.reached("household") == {("r", "moved")}
    assert records.reached("household_size") == {("p", "child"), ("q", "moved"), ("r", "moved")}


def test_a_lost_cell_touches_only_what_is_read_from_it() -> None:
    assert columns_of("contract_active", "labour_contract") == {
        "contract_no", "person_id", "valid_from", "valid_to"
    }  # fmt: skip
    assert "monthly_wage" in columns_of("contract_wage", "labour_contract")
    assert columns_of("enterprise_contracts", "labour_contract") == {
        "enterprise_id",
        "valid_from",
        "valid_to",
    }
    assert columns_of("lease_monthly_rent", "public_rental_lease") == {
        "lease_no", "person_id", "valid_from", "valid_to", "monthly_rent"
    }  # fmt: skip
    assert columns_of("childcare_growth_station", "station") == {"station_no", "kind"}


def test_a_waiting_school_record_opens_its_guardians_list_and_the_one_it_replaces(records: Records) -> None:
    records.record("childcare_enrolment", child_id="c", guardian_id="mother")
    records.ghost("child_schooling", "school", child_id="c", guardian_id="father")
    keys, guardians = set(), set()
    for use in subject_uses_of("child"):
        if use.data_class == "child_schooling":
            assert use.reach_key is not None
            assert use.reach_link["worker"] is not None
            keys |= set(records.connection.execute(use.reach_key).fetchall())
            guardians |= set(records.connection.execute(use.reach_link["worker"]).fetchall())
    assert keys == {("c", "school")}
    assert guardians == {("father", "school"), ("mother", "school")}


def test_the_day_a_subject_is_asked_about_is_part_of_its_row() -> None:
    (use,) = subject_uses_of("degree_enrolment")
    assert use.columns == {"enrolment_no", "person_id", "graduated_on", "start_on"}


# Small selects


SCHEMAS = {"r": ["i", "p", "q", "n"], "s": ["i", "p", "q", "n"]}


def small(
    sql: str, given: Sequence[str] = (), keys: Mapping[str, Sequence[str]] | None = None
) -> dict[str, tuple[Use, ...]]:
    return fact_uses(sql, "p", SCHEMAS, given, ghost_table, keys=keys or {})


def ways(uses: Sequence[Use]) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for use in uses:
        found.setdefault(use.data_class, []).append(use.reach and use.reach.partition(" WHERE ")[2])
    return found


def test_an_aggregate_of_all_rows_concerns_everybody() -> None:
    found = small("SELECT asked.p, asked.as_of, (SELECT min(n) FROM r) AS x FROM asked")
    assert found["x"] == (Use("r", frozenset({"n"}), None),)


def test_what_the_program_gives_links_nobody() -> None:
    found = small(
        "SELECT asked.p, asked.as_of, max(r.n) AS x FROM asked JOIN reckoned(['r']) c ON c.as_of = asked.as_of"
        " LEFT JOIN r ON r.p = asked.p AND r.n = c.month GROUP BY ALL",
        ["reckoned"],
    )
    assert ways(found["x"]) == {"r": ['ghost."p" = asked."p"']}


def test_a_value_chosen_by_an_aggregate_links() -> None:
    found = small(
        "WITH o AS (SELECT asked.p, asked.as_of, arg_max({k: r.q}, r.n) AS v FROM asked JOIN r ON r.p = asked.p GROUP BY ALL)"
        " SELECT asked.p, asked.as_of, count(s.i) AS x FROM asked LEFT JOIN o ON o.p = asked.p"
        " LEFT JOIN s ON s.q = o.v.k GROUP BY ALL"
    )
    assert ways(found["x"]) == {
        "r": ['ghost."p" = asked."p"'],
        "s": ['t1."p" = asked."p" AND ghost."q" = t1."q"'],
    }


def test_each_side_of_a_union_has_its_own_way() -> None:
    found = small(
        "WITH u AS (SELECT p, q FROM r UNION ALL SELECT q, p FROM s)"
        " SELECT asked.p, asked.as_of, count(u.q) AS x FROM asked LEFT JOIN u ON u.p = asked.p GROUP BY ALL"
    )
    assert ways(found["x"]) == {"r": ['ghost."p" = asked."p"'], "s": ['ghost."q" = asked."p"']}


def test_a_join_on_a_key_counts_nothing_twice() -> None:
    text = (
        "SELECT asked.p, asked.as_of, count(*) AS x FROM asked LEFT JOIN r ON r.p = asked.p"
        " LEFT JOIN s ON s.i = r.q GROUP BY ALL"
    )
    assert classes_of(small(text)["x"]) == ("r", "s")
    assert classes_of(small(text, keys={"s": ["i"]})["x"]) == ("r",)
    assert classes_of(small(text, keys={"s": ["i", "n"]})["x"]) == ("r", "s")
    assert classes_of(small(text, keys={"s": []})["x"]) == ("r", "s")


def test_a_ghost_without_one_of_its_links_reaches_by_the_others() -> None:
    text = (
        "SELECT asked.p, asked.as_of, count(s.i) AS x FROM asked LEFT JOIN r ON r.p = asked.p"
        " LEFT JOIN s ON s.q = r.q AND s.n = r.n GROUP BY ALL"
    )
    plain = fact_uses(text, "p", SCHEMAS, (), ghost_table)["x"]
    broad = fact_uses(text, "p", SCHEMAS, (), ghost_table, broad=[("s", "n")])["x"]
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE asked (p VARCHAR, as_of DATE); INSERT INTO asked VALUES ('a', '2022-12-16')"
        )
        con.execute(
            "CREATE TABLE r (i INT, p VARCHAR, q VARCHAR, n INT); INSERT INTO r VALUES (1, 'a', 'k', 7)"
        )
        con.execute(f"CREATE TABLE {ghost_table('r')} AS FROM r, (SELECT 0 AS _ghost) LIMIT 0")
        con.execute(f"CREATE TABLE {ghost_table('s')} (i INT, p VARCHAR, q VARCHAR, n INT, _ghost INT)")
        con.execute(
            f"INSERT INTO {ghost_table('s')} VALUES (1, NULL, 'k', 7, 1), (2, NULL, 'k', NULL, 2),"
            " (3, NULL, NULL, 7, 3), (4, NULL, NULL, NULL, 4), (5, NULL, 'k', 8, 5), (6, NULL, 'l', 7, 6)"
        )

        def ghosts(uses: Sequence[Use]) -> set[int]:
            texts = [use.reach for use in uses if use.data_class == "s" and use.reach]
            return {row[2] for text in texts for row in con.execute(text).fetchall()}

        assert ghosts(plain) == {1, 2, 3}
        assert ghosts(broad) == {1, 2}


@pytest.mark.parametrize(
    "select",
    [
        "SELECT asked.p, asked.as_of, r.n AS x FROM asked FULL JOIN r ON r.p = asked.p",
        "SELECT asked.p, asked.as_of, r.n AS x FROM asked NATURAL JOIN r",
        "SELECT * FROM asked LEFT JOIN reckoned(['r']) x ON x.p = asked.p, r",
        "SELECT asked.p, asked.as_of, nobody_knows(r.n) AS x FROM asked LEFT JOIN r ON r.p = asked.p",
        "SELECT asked.p, asked.as_of, max(COLUMNS('n')) AS x FROM asked LEFT JOIN r ON r.p = asked.p GROUP BY ALL",
        "SELECT asked.p, asked.as_of, absent AS x FROM asked LEFT JOIN r ON r.p = asked.p",
    ],
)
def test_a_text_that_is_not_understood_depends_on_all_of_it(select: str) -> None:
    found = small(select, ["reckoned"])
    (use,) = found["x"]
    assert (use.data_class, use.reach) == ("r", None)
    assert use.columns >= {"i", "p", "q", "n"}


def test_a_name_that_is_not_understood_leaves_the_rest_known() -> None:
    found = small(
        "WITH RECURSIVE f AS (SELECT p, n FROM s UNION ALL SELECT f.p, f.n + 1 FROM f WHERE f.n < 3)"
        " SELECT asked.p, asked.as_of, r.n AS x, (SELECT max(n) FROM f WHERE f.p = asked.p) AS y"
        " FROM asked LEFT JOIN r ON r.p = asked.p"
    )
    assert ways(found["x"]) == {"r": ['ghost."p" = asked."p"']}
    assert ways(found["y"])["s"] == [None]
    found = small(
        "WITH f AS (SELECT coalesce(r.p, s.p) AS p, r.n FROM r FULL JOIN s ON s.q = r.q)"
        " SELECT asked.p, asked.as_of, f.n AS x, r.n AS y FROM asked LEFT JOIN f ON f.p = asked.p"
        " LEFT JOIN r ON r.p = asked.p"
    )
    assert ways(found["x"]) == {"r": [None], "s": [None]}
    assert ways(found["y"]) == {"r": ['ghost."p" = asked."p"']}
