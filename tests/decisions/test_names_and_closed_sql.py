"""A pack whose facts are called like words of SQL, from a lake to verdicts; and SQL that is more than data, which never runs."""

import time
from pathlib import Path

import duckdb
import pytest

import mini
from jigong.decisions.verify import disagreements
from jigong.kernel.problems import JigongError
from jigong.packs.authored import faults, in_time
from jigong.packs.authored_functions import FUNCTIONS
from jigong.rules.language import WORDS

HEADER = "/*\nsubject: worker\nfacts:\n{}*/\n"


def words_of_sql() -> list[str]:
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT DISTINCT keyword_name FROM duckdb_keywords() ORDER BY 1"
        ).fetchall()
    return [word for (word,) in found if word not in WORDS]


def test_facts_and_parameters_may_be_called_like_words_of_sql(tmp_path: Path) -> None:
    words = words_of_sql()
    some = words[:: len(words) // 20]
    header = "".join(f'  "{word}": {{type: integer, zh: 词, en: Word, shown: true}}\n' for word in words)
    given = ", ".join(f'{number} AS "{word}"' for number, word in enumerate(words))
    select = f"SELECT asked.worker, asked.as_of, {given} FROM asked LEFT JOIN person p ON p.person_id = asked.worker"
    value = "values:\n    - {from: 2022-05-01, value: -1, source: law, confirmed: 2022-12-16}\n"
    parameters = "".join(f'"{word}":\n  zh: 词\n  en: Word\n  type: integer\n  {value}' for word in some)
    read = " AND ".join(f"({word} > grant.{word} AND least(all, {word}) > -1)" for word in some)
    pack = mini.edited(
        mini.PACK,
        tmp_path / "pack",
        {
            "facts/words.sql": HEADER.format(header) + select,
            "parameters/grant.yaml": parameters,
            "clauses/allowance/clause.yaml": (
                "when: insured_months >= allowance.min_months",
                f"when: 'insured_months >= allowance.min_months AND {read}'",
            ),
        },
    )
    usual, made = mini.build(tmp_path / "usual"), mini.build(tmp_path / "made", pack)
    assert made.column("allowance", "verdict") == usual.column("allowance", "verdict")
    assert disagreements(made.run, made.facts, made.pack, made.rulebook, made.values) > 0
    with made.facts.connect() as connection:
        columns = [row[0] for row in connection.execute("DESCRIBE worker").fetchall()]
    assert set(words) <= set(columns)


@pytest.mark.parametrize(
    ("file", "edit", "words"),
    [
        ("facts/study.sql", ("e.tuition\n", "(SELECT count(*) FROM read_csv('/etc/passwd')) AS tuition\n"), "no function read_csv"),
        ("facts/study.sql", ("e.level WHEN", "e.level || current_date WHEN"), "no function current_date"),
        ("facts/subjects.yaml", ("registered_on <= :as_of", "registered_on <= today()"), "no function today"),
        ("facts/study.sql", ("LEFT JOIN enrolment e", "LEFT JOIN information_schema.tables e"), "no class of data tables"),
    ],
)  # fmt: skip
def test_a_pack_that_was_never_checked_runs_nothing_else(
    tmp_path: Path, file: str, edit: tuple[str, str], words: str
) -> None:
    with pytest.raises(JigongError, match=words):
        mini.build(tmp_path, mini.edited(mini.PACK, tmp_path / "pack", {file: edit})).facts  # noqa: B018


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM read_parquet('{secret}')",
        "SELECT * FROM glob('/etc/*')",
        "SET enable_external_access = true",
        "SET memory_limit = '1TB'",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.db'",
        "INSTALL httpfs",
    ],
)
def test_the_connection_is_closed_to_whatever_slips_through(tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.parquet"
    duckdb.execute(f"COPY (SELECT 1 AS a) TO '{secret}' (FORMAT parquet)")
    built = mini.build(tmp_path / "made")
    with built.snapshot.connect() as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchall() == [(8,)]
        with pytest.raises(duckdb.Error):
            connection.execute(sql.format(secret=secret, folder=tmp_path)).fetchall()
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT now()", "SELECT current_timestamp", "SELECT localtime", "SELECT random()", "SELECT uuid()",
        "SELECT pg_catalog.random()", "SELECT main.now()", "SELECT x.now() FROM person x", "SELECT current_setting('x')", "SELECT getvariable('x')",
        "SELECT nextval('x')", "SELECT age(DATE '2020-01-01')", "SELECT hash(1)", "SELECT 1; SELECT 2", "DELETE FROM person", "FROM 'a.csv'",
        "FROM (SHOW TABLES)", "FROM (DESCRIBE person)", "DESCRIBE person", "PIVOT person ON a USING sum(b)", "FROM query('SELECT 1')", "FROM main.person",
        "FROM person USING SAMPLE 1", "SELECT $other", "SELECT ?", "FROM duckdb_settings()", "SELECT (SELECT random())", "WITH a AS (SELECT now()) FROM a",
        "SELECT sum(random()) OVER ()", "SELECT list_transform([1], lambda x: random())", "SELECT * FROM range(now())", "(" * 50_000, "SELECT " + "(SELECT " * 400 + "1" + ")" * 400,
        "SELECT 1" + " + 1" * 100_000, "",
    ],
)  # fmt: skip
def test_what_is_more_than_data_is_found(sql: str) -> None:
    assert faults(sql, {"person"})


def test_what_is_data_is_not() -> None:
    for sql in (
        "WITH a AS (SELECT * FROM person), b AS (FROM a) SELECT count(*) FILTER (x > 1), max(y) OVER (PARTITION BY z) FROM b",
        "SELECT * FROM person WHERE d <= :as_of AND n > grant.months AND t IN all.list",
        "SELECT EXTRACT(year FROM d), d + INTERVAL (grant.months) MONTH, x::DATE, '中文' || t FROM person ORDER BY ALL",
        "SELECT unnest([1, 2]), {'a': 1}.a, [y + 1 for y in [1]] FROM person UNION ALL SELECT 1, 2, [3]",
    ):
        assert faults(sql, {"person"}, {"all.list", "grant.months"}) == (), sql


def test_a_place_is_told_in_characters() -> None:
    sql = "SELECT '中文', now() FROM person"
    (fault,) = faults(sql, {"person"})
    assert fault.start is not None
    assert sql[fault.start : fault.start + fault.width] == "now()"


def test_a_text_that_runs_too_long_is_stopped() -> None:
    began = time.monotonic()
    with duckdb.connect() as connection:
        with pytest.raises(JigongError, match="runs for more than"), in_time(connection, None, 0.2):
            connection.execute("SELECT count(*) FROM range(1000000000) a, range(1000) b WHERE a.range * b.range % 7 = 3").fetchall()  # fmt: skip
        connection.execute("SELECT 1")
    assert time.monotonic() - began < 60


def test_there_are_functions_enough() -> None:
    assert {"coalesce", "date_diff", "row_number", "arg_max", "list_position"} <= FUNCTIONS
