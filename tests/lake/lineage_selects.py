"""Small SELECTs like topics, over three small classes, of constructs that are easy to get wrong."""

from datetime import date

from lineage_bench import Class, Value, maybe

DAY, EARLIER = date(2022, 12, 16), date(2022, 6, 1)


def _class(name: str, key: str, columns: str) -> Class:
    """A class of words that may all be equal, but for numbers ``i`` of records, amounts ``n`` and dates ``d``."""
    values: dict[str, Value] = {}
    for column in columns.split():
        match column:
            case "i":
                values[column] = lambda chance: f"i{chance.randint(0, 9)}"
            case "n":
                values[column] = lambda chance: chance.randint(0, 3)
            case "d":
                values[column] = lambda chance: chance.choice([DAY, EARLIER, date(2023, 3, 1)])
            case _:
                empty = 0.0 if column == key else 0.2
                values[column] = maybe(lambda chance: f"v{chance.randint(0, 3)}", empty)
    kinds = {column: {"n": "INTEGER", "d": "DATE"}.get(column, "VARCHAR") for column in values}
    return Class(name, kinds, values, [key])


SMALL = [_class("r", "i", "i p q n d"), _class("s", "i", "i p q n"), _class("t", "p", "p q n")]
ASKED = [(f"v{number}", day) for number in range(4) for day in (DAY, EARLIER)]

SELECTS: dict[str, str] = {
    "rows of a partition": """
        WITH w AS (SELECT i, p, rank() OVER (PARTITION BY q ORDER BY n, i) AS place FROM r)
        SELECT asked.p, asked.as_of, min(w.place) AS x FROM asked LEFT JOIN w ON w.p = asked.p GROUP BY ALL""",
    "a window without partition": """
        SELECT asked.p, asked.as_of, w.x FROM asked
        LEFT JOIN (SELECT p, max(n) OVER () + count(*) OVER (ORDER BY p) AS x FROM t) w ON w.p = asked.p""",
    "a named window": """
        SELECT asked.p, asked.as_of, max(w.x) AS x FROM asked
        LEFT JOIN (SELECT p, lag(n) OVER w AS x FROM r WINDOW w AS (PARTITION BY q ORDER BY n, i)) w ON w.p = asked.p
        GROUP BY ALL""",
    "windows over windows": """
        WITH a AS (SELECT p, q, n, i, n > lag(n, 1, 0) OVER (PARTITION BY p ORDER BY n, i) AS begins FROM r),
             b AS (SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY q) AS many FROM a)
        SELECT asked.p, asked.as_of, sum(b.many) AS x FROM asked LEFT JOIN b ON b.p = asked.p GROUP BY ALL""",
    "a window over groups": """
        WITH g AS (SELECT p, q, count(*) AS c, sum(count(*)) OVER (PARTITION BY q) AS x FROM r GROUP BY p, q
                   HAVING count(*) < 3)
        SELECT asked.p, asked.as_of, max(g.x) AS x FROM asked LEFT JOIN g ON g.p = asked.p GROUP BY ALL""",
    "a value out of a window": """
        WITH f AS (SELECT DISTINCT p, first_value(q) OVER (PARTITION BY p ORDER BY n, i) AS q FROM r)
        SELECT asked.p, asked.as_of, count(s.i) AS x
        FROM asked LEFT JOIN f ON f.p = asked.p LEFT JOIN s ON s.q = f.q GROUP BY ALL""",
    "qualify": """
        WITH f AS (SELECT * FROM r QUALIFY row_number() OVER (PARTITION BY q ORDER BY n, i) = 1)
        SELECT asked.p, asked.as_of, count(f.i) AS x FROM asked LEFT JOIN f ON f.p = asked.p GROUP BY ALL""",
    "a partition by an alias": """
        SELECT asked.p, asked.as_of, max(w.x) AS x FROM asked LEFT JOIN (
          SELECT p, coalesce(q, 'v0') AS k, q AS l, count(*) OVER (PARTITION BY l) + max(n) OVER (PARTITION BY k) AS x
          FROM r) w ON w.p = asked.p GROUP BY ALL""",
    "not exists": """
        SELECT asked.p, asked.as_of, NOT EXISTS (SELECT 1 FROM r WHERE r.q = t.q AND NOT EXISTS (
          SELECT 1 FROM s WHERE s.p = r.p AND s.n > r.n)) AS x
        FROM asked LEFT JOIN t ON t.p = asked.p""",
    "exists as a condition": """
        SELECT asked.p, asked.as_of, count(w.i) AS x FROM asked LEFT JOIN (
          SELECT * FROM r WHERE EXISTS (SELECT 1 FROM s WHERE s.q = r.q) AND n IN (SELECT n FROM t WHERE t.p = r.p)
        ) w ON w.p = asked.p GROUP BY ALL""",
    "a subquery as a value": """
        SELECT asked.p, asked.as_of, (SELECT s.q FROM s WHERE s.p = asked.p ORDER BY s.n, s.i LIMIT 1) AS x,
               (SELECT max(n) FROM r WHERE r.p = asked.p) > (SELECT avg(n) FROM s) AS y FROM asked""",
    "a join on a subquery": """
        SELECT asked.p, asked.as_of, count(s.i) AS x FROM asked
        LEFT JOIN s ON s.q = (SELECT max(r.q) FROM r WHERE r.p = asked.p) GROUP BY ALL""",
    "in and not in": """
        SELECT asked.p, asked.as_of, count(w.i) AS x, asked.p NOT IN (SELECT q FROM t WHERE q IS NOT NULL) AS y,
               asked.p = ANY (SELECT p FROM s WHERE n > 1) AS z FROM asked
        LEFT JOIN (SELECT * FROM r WHERE q IN (SELECT q FROM s) AND i NOT IN (SELECT i FROM s WHERE i IS NOT NULL)
                   AND (p, q) IN (SELECT p, q FROM t)) w ON w.p = asked.p GROUP BY ALL""",
    "tuples": """
        SELECT asked.p, asked.as_of, count(s.i) AS x FROM asked LEFT JOIN r ON r.p = asked.p
        LEFT JOIN s ON (s.p, s.q) = (r.q, r.p) GROUP BY ALL""",
    "nothing equals nothing": """
        SELECT asked.p, asked.as_of, count(s.i) AS x, max(t.n) AS y FROM asked LEFT JOIN r ON r.p = asked.p
        LEFT JOIN s ON s.q IS NOT DISTINCT FROM r.q LEFT JOIN t ON (t.p, t.q) = (r.p, r.q) GROUP BY ALL""",
    "a union and what comes after": """
        WITH u AS (SELECT p, q AS k FROM r UNION ALL SELECT q, p FROM s)
        SELECT asked.p, asked.as_of, count(u.k) AS x, sum(t.n) AS y FROM asked
        LEFT JOIN u ON u.p = asked.p LEFT JOIN t ON t.p = u.k GROUP BY ALL""",
    "set operations": """
        WITH a AS (SELECT p, q FROM r UNION SELECT p, q FROM s), b AS (SELECT p, q FROM r EXCEPT SELECT p, q FROM t),
             c AS (SELECT p, q FROM r INTERSECT SELECT p, q FROM s)
        SELECT asked.p, asked.as_of, (SELECT count(*) FROM a WHERE a.p = asked.p) AS x,
               (SELECT count(*) FROM b WHERE b.p = asked.p) AS y, (SELECT count(q) FROM c WHERE c.p = asked.p) AS z
        FROM asked""",
    "values chosen apart": """
        WITH o AS (SELECT asked.p, asked.as_of, max(r.q) AS a, min(r.p) AS b
                   FROM asked JOIN t ON t.p = asked.p JOIN r ON r.n = t.n GROUP BY ALL)
        SELECT asked.p, asked.as_of, count(s.n) AS x FROM asked LEFT JOIN o USING (p, as_of)
        LEFT JOIN s ON s.p = o.a AND s.q = o.b GROUP BY ALL""",
    "a struct": """
        WITH o AS (SELECT p, arg_max({k: r.q, l: s.n}, (r.n, r.i, s.i)) AS v FROM r LEFT JOIN s USING (p) GROUP BY p)
        SELECT asked.p, asked.as_of, o.v.l AS l, o.v.k AS k, any_value(t.n ORDER BY t.p) AS x FROM asked
        LEFT JOIN o ON o.p = asked.p LEFT JOIN t ON t.q = o.v.k GROUP BY ALL""",
    "rows that multiply": """
        SELECT asked.p, asked.as_of, count(*) AS x, max(r.n) AS y, count(DISTINCT r.i) AS z, sum(r.n) AS w
        FROM asked LEFT JOIN r ON r.p = asked.p LEFT JOIN s ON s.q = r.q GROUP BY ALL""",
    "rows that do not": """
        WITH g AS (SELECT q, max(n) AS n FROM s GROUP BY q), d AS (SELECT DISTINCT p AS k, q AS l FROM s)
        SELECT asked.p, asked.as_of, count(*) AS x, count(t.n) AS y, count(g.n) AS z FROM asked
        LEFT JOIN r ON r.p = asked.p LEFT JOIN t ON t.p = r.q LEFT JOIN g ON g.q = r.q
        LEFT JOIN d ON d.k = r.p AND d.l = r.q GROUP BY ALL""",
    "keys that are none": """
        WITH o AS (SELECT * REPLACE (q AS p) FROM t), v AS (SELECT q AS p, p AS q FROM t)
        SELECT asked.p, asked.as_of, count(*) AS x FROM asked LEFT JOIN t ON t.p = coalesce(t.q, 'v1')
        LEFT JOIN o ON o.p = 'v1' LEFT JOIN v ON v.p = 'v0' GROUP BY ALL""",
    "none of them": """
        SELECT asked.p, asked.as_of, count(w.i) AS x FROM asked LEFT JOIN (
          SELECT r.* FROM r LEFT JOIN s ON s.q = r.q AND s.n >= r.n WHERE s.i IS NULL) w ON w.p = asked.p
        GROUP BY ALL""",
    "distinct rows": """
        SELECT p, as_of, count(*) AS x FROM (
          SELECT DISTINCT asked.p, asked.as_of, s.n FROM asked LEFT JOIN r USING (p) LEFT JOIN s USING (q)) GROUP BY ALL""",
    "the first of each": """
        WITH f AS (SELECT DISTINCT ON (p) p, q, n AS m FROM r ORDER BY p, m DESC, i)
        SELECT asked.p, asked.as_of, f.m, count(s.i) AS x
        FROM asked LEFT JOIN f ON f.p = asked.p LEFT JOIN s ON s.q = f.q GROUP BY ALL""",
    "the first of all": """
        SELECT asked.p, asked.as_of, count(f.i) AS x FROM asked
        LEFT JOIN (SELECT * FROM r ORDER BY n, i LIMIT 3) f ON f.p = asked.p GROUP BY ALL""",
    "an aggregate of all": """
        WITH m AS (SELECT max(n) AS top, count(*) AS many FROM r)
        SELECT asked.p, asked.as_of, m.many, t.n >= m.top AS x FROM asked LEFT JOIN t ON t.p = asked.p, m""",
    "a lateral join": """
        SELECT asked.p, asked.as_of, l.x FROM asked LEFT JOIN t ON t.p = asked.p,
               LATERAL (SELECT count(*) AS x FROM s WHERE s.q = t.q) l""",
    "or": """
        SELECT asked.p, asked.as_of, count(s.i) AS x FROM asked LEFT JOIN r ON r.p = asked.p
        LEFT JOIN s ON s.q = r.q OR s.n = r.n GROUP BY ALL""",
    "a key that may be another": """
        SELECT asked.p, asked.as_of, sum(s.n) AS x FROM asked LEFT JOIN r ON r.p = asked.p
        LEFT JOIN s ON s.q = coalesce(r.q, 'v1') GROUP BY ALL""",
    "a record beside itself": """
        SELECT asked.p, asked.as_of, count(*) AS x FROM asked LEFT JOIN (
          SELECT a.p, c.n FROM r a JOIN r b ON b.q = a.q JOIN r c ON c.p = b.p JOIN r d ON d.i = c.i) w ON w.p = asked.p
        GROUP BY ALL""",
    "one record in two places": """
        SELECT asked.p, asked.as_of, max(other.n) AS x FROM asked LEFT JOIN r mine ON mine.q = asked.p
        LEFT JOIN r other ON other.p = mine.p AND other.d <= asked.as_of GROUP BY ALL""",
    "groups of what is joined": """
        WITH g AS (SELECT r.p, s.n, max(r.n) AS most FROM r LEFT JOIN s ON s.q = r.q GROUP BY r.p, s.n)
        SELECT asked.p, asked.as_of, count(g.most) AS x FROM asked LEFT JOIN g ON g.p = asked.p GROUP BY ALL""",
    "days and constants": """
        SELECT asked.p, asked.as_of, count(r.i) AS x, bool_or(s.n > 1) AS y FROM asked
        LEFT JOIN r ON r.d = asked.as_of LEFT JOIN s ON s.p = 'v1' AND s.n = r.n GROUP BY ALL""",
    "filters with subqueries": """
        SELECT asked.p, asked.as_of, count(*) FILTER (WHERE EXISTS (FROM s WHERE s.q = r.q)) AS x,
               list(r.n ORDER BY r.i) FILTER (WHERE r.n > (SELECT min(n) FROM t WHERE t.q = r.q)) AS y
        FROM asked LEFT JOIN r ON r.p = asked.p GROUP BY ALL HAVING count(*) >= 0""",
    "names of names": """
        WITH a(k, l) AS (SELECT p, q FROM r), b AS (SELECT * EXCLUDE (l), l AS m FROM a)
        SELECT asked.*, z.c AS x, z.c + 1 AS y, y * 2 AS w FROM asked
        LEFT JOIN (SELECT k AS p, count(m) AS c FROM b GROUP BY 1) z USING (p)""",
    "lists taken apart": """
        SELECT asked.p, asked.as_of, count(u.v) AS x FROM asked
        LEFT JOIN (SELECT p, unnest(l) AS v FROM (SELECT p, list(q) AS l FROM r GROUP BY p)) u ON u.p = asked.p
        GROUP BY ALL""",
    "joins the analysis does not know": """
        WITH f AS (SELECT coalesce(r.p, s.p) AS p, r.n FROM r FULL JOIN s ON s.q = r.q)
        SELECT asked.p, asked.as_of, count(f.n) AS x, max(t.n) AS y FROM asked LEFT JOIN f ON f.p = asked.p
        LEFT JOIN t ON t.p = asked.p GROUP BY ALL""",
}
