"""Everything `jigong pack check` must find, each in the small pack with one thing wrong."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import mini
from jigong.packs.reader import read_pack

PackWith = Callable[[mini.Edits], Path]
CLAUSE, CASES = "clauses/grant/clause.yaml", "clauses/grant/cases.yaml"
AID, ENROLMENT = "parameters/aid.yaml", "contracts/enrolment.yaml"
STUDY, ALLOWANCE = "facts/study.sql", "parameters/allowance.yaml"
UNUSED = """spare:
  zh: 多余
  en: Spare
  type: integer
  values:
    - {from: 2022-05-01, value: 6, source: law, confirmed: 2022-12-16}
"""
NEVER = "  - {id: full, when: degree = 'bachelor' AND degree = 'associate', amount: tuition, most: aid.most_tuition, zh: 全额, en: All of it}"

WRONG: dict[str, tuple[mini.Edits, str, str]] = {
    # what is wrong: (edit, words of the English message, file it must name)
    "fact": ({CLAUSE: ("when: union_member", "when: union_membr")}, "no fact named union_membr", CLAUSE),
    "parameter": ({CLAUSE: ("aid.max_age", "aid.max_aeg")}, "no parameter named aid.max_aeg", CLAUSE),
    "function": ({CLAUSE: ("least(aid", "lest(aid")}, "no such thing", CLAUSE),
    "key": ({CLAUSE: ("fund: education", "found: education")}, "unknown key “found”", CLAUSE),
    "field": ({CLAUSE: ("field: skills", "field: skill")}, "no field named skill", CLAUSE),
    "subject": ({CLAUSE: ("per: study", "per: studies")}, "no subject named studies", CLAUSE),
    "source": ({CLAUSE: ("{source: law", "{source: lore")}, "no source named lore", CLAUSE),
    "source of all parts": ({CLAUSE: ("\nsource: law", "\nsource: lore")}, "no source named lore", CLAUSE),
    "part without a source": ({CLAUSE: ("\nsource: law", "\nsource: {name: law, number: law, field: law, in_force: assumed, fund: assumed, exclusion: law, delivery: law, conditions: law, awards.full: law}")}, "awards.partial of “No. 1 Degree grant” has no source", CLAUSE),
    "source of a part that is not there": ({"funds.yaml": ("source: assumed", "source: {name: law, size: law}")}, "has no part size", "funds.yaml"),
    "figure without a source": ({AID: ("value: 0.75, source: law", "value: 0.75")}, "value of “Share” has no source", AID),
    "source called assumed": ({"pack.yaml": ("  law: {", "  assumed: {zh: 假定, en: Assumed}\n  law: {")}, "cannot be the id of a source", "pack.yaml"),
    "rule a figure follows": ({AID: ("value: 0.75, source: law", "value: 0.75, source: assumed, follows: lore")}, "no source named lore", AID),
    "fund": ({CLAUSE: ("fund: education", "fund: educations")}, "no fund named educations", CLAUSE),
    "action": ({CLAUSE: ("change: join_union", "change: join")}, "no action named join", CLAUSE),
    "fact of an action": ({"actions.yaml": ("fact: union_member", "fact: member")}, "no fact named member", "actions.yaml"),
    "fact of a breakdown": ({"indicators/breakdowns.yaml": ("fact: town", "fact: city")}, "no fact named city", "breakdowns.yaml"),
    "fact of a case": ({CASES: ("given: {age: 46}", "given: {agee: 46, age: 46}")}, "no fact named agee", CASES),
    "fact of the base": ({CASES: ("base: {", "base: {aeg: 1, ")}, "no fact named aeg", CASES),
    "quota": ({"clauses/trip/clause.yaml": ("quota: trip.places", "quota: trip.place")}, "no parameter named trip.place", "trip/clause.yaml"),
    "no office": ({"offices.yaml": "- {id: a, zh: 甲, en: A}\n"}, "does not say which office decides", CLAUSE),
    "unknown office": ({"offices.yaml": "- {id: a, zh: 甲, en: A}\n", CLAUSE: ("delivery: {mode: application}", "delivery: {mode: application, office: b}")}, "no office named b", CLAUSE),
    "department that is no office": ({"offices.yaml": "- {id: a, zh: 甲, en: A}\n"}, "is not in offices.yaml", ENROLMENT),
    "stand-in that is no office": ({"offices.yaml": "- {id: a, zh: 甲, en: A, stand_in: b}\n"}, "no other office named b", "offices.yaml"),
    "stand-in for itself": ({"offices.yaml": "- {id: a, zh: 甲, en: A, stand_in: a}\n"}, "no other office named a", "offices.yaml"),
    "fact of what was paid": ({CLAUSE: ("delivery: {mode: application}", "delivery: {mode: application, paid: nothing}")}, "no fact named nothing", CLAUSE),
    "record of who has won": ({CLAUSE: ("delivery: {mode: application}", "delivery: {mode: application, won: enrolment.tuition}")}, "is not a yes-or-no column", CLAUSE),
    "tier": ({"points/tiers.yaml": ("points.silver", "points.gold")}, "no parameter named points.gold", "tiers.yaml"),
    "indicator's subject": ({"indicators/income.yaml": ("    per: study\n    measure: mean", "    per: class\n    measure: mean")}, "no subject named class", "income.yaml"),
    "budget": ({"funds.yaml": ("funds.education", "funds.teaching")}, "no parameter named funds.teaching", "funds.yaml"),
    "topic's subject": ({"facts/study.sql": ("subject: study", "subject: studies")}, "no subject studies", "study.sql"),
    # types
    "list of words": ({"facts/study.sql": ("en: Tuition, unit: yuan}", "en: Tuition, values: sums}")}, "no list of words named sums", "study.sql"),
    "list of words for a sum": ({"words.yaml": "sums: {zh: 数, en: Sum, values: {'1': {zh: 一, en: one}}}\n", "facts/study.sql": ("en: Tuition, unit: yuan}", "en: Tuition, values: sums}")}, "tuition is decimal and never is", "study.sql"),
    "words for a sum": ({"facts/study.sql": ("en: Tuition, unit: yuan}", "en: Tuition, values: {'1': {zh: 一, en: one}}}")}, "tuition is decimal and never is", "study.sql"),
    "value of another type": ({AID: ("value: 45", "value: 45.5")}, "is integer, but this value is", AID),
    "number as text": ({AID: ("value: 45,", "value: young,")}, "is integer, but this value is", AID),
    "amount that is a condition": ({CLAUSE: ("amount: tuition", "amount: union_member")}, "needs a number", CLAUSE),
    "condition that is a number": ({CLAUSE: ("when: union_member", "when: age")}, "needs a condition", CLAUSE),
    "text beside a number": ({CLAUSE: ("age <= aid.max_age", "age <= degree")}, "not of one kind", CLAUSE),
    "half points": ({"points/growth.yaml": ("value: insured_months", "value: insured_months * 0.5")}, "points are whole numbers", "growth.yaml"),
    "cap that is no parameter": ({"points/growth.yaml": ("cap: points.cap", "cap: age")}, "a parameter belongs here", "growth.yaml"),
    "case of another type": ({CASES: ("given: {age: 46}", "given: {age: old}")}, "age needs a whole number", CASES),
    "list in a case": ({CASES: ("given: {age: 46}", "given: {age: [46]}")}, "given.age", CASES),
    "quota that is no whole number": ({"clauses/trip/clause.yaml": ("quota: trip.places", "quota: aid.cap")}, "a quota is a whole number", "trip/clause.yaml"),
    "bounds of a text": ({"facts/study.sql": ("en: Level}", "en: Level, range: true}")}, "degree is string, which has no bounds", "study.sql"),
    "text that rises": ({"facts/study.sql": ("en: Level}", "en: Level, rises: [enrolment]}")}, "degree is string, and so cannot be said to rise", "study.sql"),
    "date that rises": ({"facts/person.sql": ("en: Date of birth}", "en: Date of birth, rises: [person]}")}, "birth_date is date, and so cannot be said to rise", "person.sql"),
    "fact that rises in nothing": ({"facts/study.sql": ("en: Tuition, unit: yuan}", "en: Tuition, unit: yuan, rises: [enrolments]}")}, "no class of data enrolments", "study.sql"),
    "fact that rises in what it does not read": ({"facts/study.sql": ("en: Tuition, unit: yuan}", "en: Tuition, unit: yuan, rises: [membership]}")}, "tuition is not read from membership", "study.sql"),
    "fact that rises where records end each other": ({"facts/study.sql": ("en: Tuition, unit: yuan}", "en: Tuition, unit: yuan, rises: [enrolment]}"), ENROLMENT: ("  - {property: delivery", "  - {property: noOverlap, value: [person_id]}\n  - {property: delivery")}, "records of enrolment may not overlap", "study.sql"),
    "bounds of an exact fact": ({CASES: ("given: {age: 46}", "given: {age: {least: 46}}")}, "age needs a whole number", CASES),
    "whether a fact is known": ({CLAUSE: ("age <= aid.max_age", "age <= aid.max_age OR age IS NULL")}, "no such thing: age IS NULL", CLAUSE),
    "over_time of another type": ({"facts/person.sql": ("'years_between(birth_date, as_of)'", "birth_date")}, "its over_time is date", "person.sql"),
    "growth of nothing": ({"actions.yaml": ("grows: 1", "grows: 0")}, "must be above 0", "actions.yaml"),
    # dates
    "gap": ({AID: ("value: 45,", "to: 2023-06-30, value: 45,")}, "no value from 2023-07-01 to 2023-12-31", AID),
    "overlap": ({AID: ("value: 45,", "to: 2024-06-30, value: 45,")}, "overlaps the one before", AID),
    "disorder": ({AID: ("from: 2024-01-01", "from: 2021-01-01")}, "overlaps the one before", AID),
    "end before begin": ({AID: ("value: 50,", "to: 2023-01-01, value: 50,")}, "ends before it begins", AID),
    "clause older than its parameter": ({CLAUSE: ("from: 2022-05-01", "from: 2021-01-01")}, "clause grant is in force from 2021-01-01, but parameter", AID),
    "parameter that ends before its clause": ({AID: ("value: 50,", "to: 2030-01-01, value: 50,")}, "parameter aid.max_age has no value between 2030-01-01", AID),
    "clause that ends before it begins": ({CLAUSE: ("{from: 2022-05-01}", "{from: 2022-05-01, to: 2022-01-01}")}, "ends before it begins", CLAUSE),
    "case outside the clause": ({CASES: ("en: too old, ", "en: too old, as_of: 2020-01-01, ")}, "not in force on 2020-01-01", CASES),
    "falling tiers": ({"points/tiers.yaml": ("from: points.silver", "from: points.union")}, "silver begins at 5, not above 5 of bronze", "tiers.yaml"),
    # what hangs together
    "fact without a contract": ({"facts/study.sql": ("LEFT JOIN enrolment e", "LEFT JOIN enrolments e")}, "no class of data enrolments", "study.sql"),
    "fact without any class": ({"facts/study.sql": ("e.tuition\nFROM asked LEFT JOIN enrolment e ON e.enrolment_no = asked.study", "e.tuition\nFROM asked, (SELECT '专科' AS level, 1 AS tuition) e")}, "reads no class of data", "study.sql"),
    "unknown column": ({"facts/study.sql": ("e.tuition\n", "e.fee AS tuition\n")}, "the SQL of topic study fails", "study.sql"),
    "column the header lacks": ({"facts/study.sql": ("e.tuition\n", "e.tuition, e.start_on\n")}, "lacks [] and adds ['start_on']", "study.sql"),
    "subject's columns": ({"facts/subjects.yaml": ("person_id AS worker FROM", "person_id AS person FROM")}, "the first must be worker", "subjects.yaml"),
    "subject's class": ({"facts/subjects.yaml": ("FROM person WHERE", "FROM people WHERE")}, "no class of data people", "subjects.yaml"),
    "fact given twice": ({"facts/study.sql": ("  tuition: {", "  age: {type: integer, zh: 龄, en: Age}\n  tuition: {")}, "fact age is given by topic", "study.sql"),
    "fact that is a points fact": ({"facts/study.sql": ("  tuition: {", "  points_total: {type: integer, zh: 分, en: Points}\n  tuition: {")}, "is the name of the points", "study.sql"),
    "parameter nobody reads": ({"parameters/spare.yaml": UNUSED}, "nobody reads parameter spare.spare", "spare.yaml"),
    "action that changes something else": ({CLAUSE: ("change: join_union", "change: keep_insured")}, "which condition member does not read", CLAUSE),
    "file nobody reads": ({"clauses/grant/case.yaml": "cases: []\n"}, "nothing in a pack reads this file", "case.yaml"),
    "clause without its file": ({"clauses/lost/cases.yaml": "cases: []\n"}, "this clause has no clause.yaml", "lost/cases.yaml"),
    "id unlike the folder": ({CLAUSE: ("id: grant", "id: grants")}, "but the folder is called grant", CLAUSE),
    "number given twice": ({CLAUSE: ("number: 1", "number: 2")}, "number 2 is", "clause.yaml"),
    "condition given twice": ({CLAUSE: ("id: age,", "id: member,")}, "member is used twice", CLAUSE),
    # cases
    "no cases": ({CASES: None}, "has no cases.yaml", CLAUSE),
    "no case above": ({CASES: ("  - {zh: 超龄, en: too old, given: {age: 46}, expect: {verdict: no, false: [age]}}\n", "")}, "age <= aid.max_age: no case makes it false", CLAUSE),
    "no case just above": ({CASES: ("given: {age: 46}", "given: {age: 60}")}, "needs cases with the two neighbouring values", CLAUSE),
    "no case below": ({CASES: ("given: {insured_months: 5}", "given: {insured_months: 6}")}, "verdict should be no, is yes", CASES),
    "no false case of a condition": ({CASES: ("  - {zh: 非会员, en: no member, given: {union_member: false}, expect: {verdict: no, false: [member]}}\n", "")}, "no case has union_member false", CLAUSE),
    "no case of a branch": ({CASES: ("expect: {verdict: yes, branch: full, amount: 6000.00}", "expect: {verdict: yes, branch: partial}")}, "branch should be partial, is full", CASES),
    "no case that reaches the cap": ({CASES: ("  - {zh: 封顶, en: capped, given: {tuition: 8000}, expect: {verdict: yes, amount: 5000.00}}\n", "")}, "no case is decided by aid.cap", CLAUSE),
    "wrong amount": ({CASES: ("amount: 4500.00", "amount: 4500.01")}, "amount should be 4500.01, is 4500.00", CASES),
    "wrong missing": ({CASES: ("missing: [tuition]", "missing: [age]")}, "missing should be ['age'], is ['tuition']", CASES),
    "branch that never applies": ({CLAUSE: ("  - {id: full, when: degree = 'bachelor', amount: tuition, most: aid.most_tuition, zh: 全额, en: All of it}", NEVER)}, "branch full can never be reached", CLAUSE),
    "branch behind one that always applies": ({CLAUSE: ("when: degree = 'bachelor', ", "")}, "branch partial can never be reached", CLAUSE),
    # facts are data
    "fact that reads a file": ({STUDY: ("e.tuition\n", "(SELECT count(*) FROM read_csv('/etc/passwd')) AS tuition\n")}, "there is no function read_csv here", STUDY),
    "fact that reads the clock": ({STUDY: ("e.level WHEN", "e.level || current_date WHEN")}, "there is no function current_date here", STUDY),
    "fact by chance": ({STUDY: ("e.tuition\n", "e.tuition * random() AS tuition\n")}, "there is no function random here", STUDY),
    "fact of a setting": ({STUDY: ("e.level WHEN", "e.level || current_setting('threads') WHEN")}, "there is no function current_setting here", STUDY),
    "fact of a sample": ({STUDY: ("FROM asked", "FROM asked TABLESAMPLE 10%")}, "no samples", STUDY),
    "two statements": ({STUDY: ("FROM asked LEFT", "FROM asked; COPY enrolment TO '/tmp/x'; SELECT 1 FROM asked LEFT")}, "must be one well-formed SELECT", STUDY),
    "tables of the database": ({STUDY: ("FROM asked LEFT", "FROM (SHOW TABLES), asked LEFT")}, "classes of data and subqueries", STUDY),
    "subject that reads the clock": ({"facts/subjects.yaml": ("registered_on <= :as_of", "registered_on <= today()")}, "there is no function today here", "subjects.yaml"),
    "rule of a class that reads the clock": ({ENROLMENT: ("    properties:", "    quality: [{type: custom, engine: jigong, name: past, description: Past, businessImpact: 已过, implementation: start_on < today()}]\n    properties:")}, "there is no function today here", ENROLMENT),
    "integer that is a time": ({STUDY: ("e.tuition\n", "CAST(e.start_on AS TIMESTAMP) AS tuition\n")}, "tuition is decimal, but the SELECT gives TIMESTAMP", STUDY),
    "date with a time of day": ({"facts/person.sql": ("p.birth_date, p.town", "p.birth_date + INTERVAL 1 DAY AS birth_date, p.town")}, "birth_date is date, but the SELECT gives TIMESTAMP", "person.sql"),
    "number that is not exact": ({STUDY: ("e.tuition\n", "e.tuition / 3 AS tuition\n")}, "tuition is decimal, but the SELECT gives DOUBLE", STUDY),
    "join that drops people": ({STUDY: ("LEFT JOIN enrolment", "JOIN enrolment")}, "where there is no record topic study drops 2 of 2 subjects", STUDY),
    "join that doubles people": ({STUDY: ("e ON e.enrolment_no = asked.study", "e ON e.enrolment_no >= asked.study")}, "on made-up records topic study gives", STUDY),
    "condition that drops people": ({STUDY: ("e ON e.enrolment_no = asked.study", "e ON e.enrolment_no = asked.study WHERE e.level = '本科' OR e.level IS NULL")}, "on made-up records topic study drops", STUDY),
    "subject that is there twice": ({"facts/subjects.yaml": ("SELECT person_id AS worker FROM person", "SELECT p.person_id AS worker FROM person p JOIN contribution USING (person_id)")}, "on made-up records the SQL of subject worker gives one more than once", "subjects.yaml"),
    "value that does not fit": ({STUDY: ("e.tuition\n", "e.tuition::DECIMAL(18,2) * 100000000 AS tuition\n")}, "on made-up records the SQL of topic study fails", STUDY),
    "fact nobody reads": ({STUDY: ("  tuition: {", "  since: {type: date, zh: 开始, en: Since}\n  tuition: {"), }, "nobody reads fact since", STUDY),
    # figures
    "negative amount": ({ALLOWANCE: ("en: Amount\n  type: decimal\n  values:\n    - {from: 2022-05-01, value: 1000.00, source: assumed, confirmed: 2022-12-16}", "en: Amount\n  type: decimal\n  unit: yuan\n  values:\n    - {from: 2022-05-01, value: -500.00, source: assumed, confirmed: 2022-12-16}")}, "allowance.amount is negative", ALLOWANCE),
    "amount that can be negative": ({CLAUSE: ("'least(aid.share * tuition, aid.cap)'", "'least(aid.share * tuition, aid.cap) - 100'")}, "the amount of branch partial can be negative, -100", CLAUSE),
    "share above one": ({AID: ("en: Share\n  type: decimal\n  values:\n    - {from: 2022-05-01, value: 0.75", "en: Share\n  type: decimal\n  unit: share\n  values:\n    - {from: 2022-05-01, value: 75.00")}, "is a share and cannot be above 1", AID),
    "fen for yuan": ({ALLOWANCE: ("en: Amount\n  type: decimal\n  values:\n    - {from: 2022-05-01, value: 1000.00, source: assumed, confirmed: 2022-12-16}", "en: Amount\n  type: decimal\n  unit: yuan\n  values:\n    - {from: 2022-05-01, value: 1000.00, source: assumed, confirmed: 2022-12-16}\n    - {from: 2023-06-01, value: 100000.00, source: assumed, confirmed: 2022-12-16}")}, "exactly a hundredfold", ALLOWANCE),
    "more than the fund has": ({ALLOWANCE: ("en: Amount\n  type: decimal\n  values:\n    - {from: 2022-05-01, value: 1000.00, source: assumed, confirmed: 2022-12-16}", "en: Amount\n  type: decimal\n  unit: yuan\n  values:\n    - {from: 2022-05-01, value: 500000000.00, source: assumed, confirmed: 2022-12-16}")}, "more than the fund has in a year", "allowance/clause.yaml"),
    "finer than a fen": ({ALLOWANCE: ("en: Amount\n  type: decimal\n  values:\n    - {from: 2022-05-01, value: 1000.00, source: assumed, confirmed: 2022-12-16}", "en: Amount\n  type: decimal\n  unit: yuan\n  values:\n    - {from: 2022-05-01, value: 500.005, source: assumed, confirmed: 2022-12-16}")}, "is finer than a fen", ALLOWANCE),
    "more digits than there are": ({ALLOWANCE: ("value: 1000.00", f"value: {'9' * 39}.00")}, "more than 38 digits", ALLOWANCE),
    # names
    "names that differ in case": ({STUDY: ("  tuition: {", "  Age: {type: integer, zh: 龄, en: Age}\n  tuition: {")}, "age and Age differ only in case", STUDY),
    "name of the day": ({STUDY: ("  tuition: {", "  AS_OF: {type: date, zh: 日, en: Day}\n  tuition: {")}, "AS_OF is a word of the rules language", STUDY),
    "word of the language": ({STUDY: ("  tuition: {", "  \"NOT\": {type: boolean, zh: 非, en: Not}\n  tuition: {")}, "NOT is a word of the rules language", STUDY),
    "name that is none": ({STUDY: ("  tuition: {", "  \"1 a\": {type: boolean, zh: 非, en: Not}\n  tuition: {")}, "'1 a' is no name", STUDY),
    "table of the program": ({"facts/subjects.yaml": ("study:\n", "open:\n")}, "open is a word of the rules language, or of the program", "subjects.yaml"),
    # texts
    "no Chinese": ({CLAUSE: ("zh: 学历资助\n", "")}, "“zh” is missing", CLAUSE),
    "no English": ({CLAUSE: ("en: Young enough", "en: ")}, "needs a text", CLAUSE),
    "empty English": ({CLAUSE: ("en: Young enough", "en: ''")}, "must not be empty", CLAUSE),
    "blank Chinese": ({AID: ("zh: 年龄上限", "zh: '  '")}, "must not be empty", AID),
    "empty text of a tier": ({"points/tiers.yaml": ("en: Silver", "en: ''")}, "must not be empty", "tiers.yaml"),
    "empty text of a fact": ({"facts/study.sql": ("en: Tuition", "en: ''")}, "must not be empty", "study.sql"),
    "empty text of a column": ({ENROLMENT: ("description: Starts on", "description: ''")}, "", ENROLMENT),
    "empty text of a class": ({ENROLMENT: ("businessName: 就读", "businessName: ''")}, "", ENROLMENT),
    "empty name of a department": ({ENROLMENT: ("en: Example office", "en: ''")}, "", ENROLMENT),
    # files
    "no YAML": ({CLAUSE: ("field: skills", "field: [skills")}, "not valid YAML", CLAUSE),
    "control character": ({CLAUSE: ("en: Young enough", "en: Young\x07")}, "a character that is not allowed", CLAUSE),
    "key written twice": ({CLAUSE: ("number: 1", "number: 1\nnumber: 2")}, "“number” is written twice", CLAUSE),
    "no header": ({"facts/study.sql": ("/*\nsubject", "--\nsubject")}, "has no YAML header", "study.sql"),
    "no SELECT": ({"facts/study.sql": ("SELECT asked", "DELETE asked")}, "", "study.sql"),
    "broken SELECT": ({"facts/study.sql": ("CASE e.level", "CASE (e.level")}, "must be one well-formed SELECT", "study.sql"),
    "tiers that are no list": ({"points/tiers.yaml": "bronze: {}\n"}, "needs a list", "tiers.yaml"),
    "no worker": ({"facts/subjects.yaml": ("worker:\n", "labourer:\n")}, "there is no subject worker", "subjects.yaml"),
}  # fmt: skip


def test_the_small_pack_is_good() -> None:
    assert mini.found(mini.PACK) == []


@pytest.mark.parametrize("name", WRONG)
def test_check_finds_it_and_says_where_in_both_languages(name: str, pack_with: PackWith) -> None:
    edits, words, file = WRONG[name]
    problems = mini.found(pack_with(edits))
    matching = [p for p in problems if words in p.what.en and p.place and p.place.file.endswith(file)]
    assert matching, "\n".join(problem.render("en") for problem in problems) or "nothing found"
    for problem in problems:
        assert problem.place is not None, problem
        assert problem.what.zh.strip(), problem
        assert problem.what.zh != problem.what.en
        assert problem.remedy is not None or problem.place.line is not None, problem


def test_the_place_is_the_line_and_the_caret_the_word(pack_with: PackWith) -> None:
    folder = pack_with({CLAUSE: ("age <= aid.max_age", "age <= aid.max_aeg")})
    (problem,) = mini.found(folder)
    lines = (folder / CLAUSE).read_text(encoding="utf-8").splitlines()
    assert problem.place is not None
    assert problem.place.line is not None
    assert problem.place.column is not None
    line = lines[problem.place.line - 1]
    assert line[problem.place.column - 1 :].startswith("aid.max_aeg")
    assert problem.remedy is not None
    assert problem.remedy.en == "did you mean aid.max_age?"


def test_a_missing_value_today_is_found_only_where_it_is_needed(pack_with: PackWith) -> None:
    folder = pack_with(
        {
            "parameters/trip.yaml": ("from: 2022-05-01", "from: 2030-01-01"),
            "clauses/trip/clause.yaml": ("from: 2022-05-01", "from: 2030-01-01"),
        }
    )
    assert mini.found(folder) == []
    (problem,) = mini.found(mini.PACK, date(2021, 1, 1))[:1]
    assert "has no value on 2021-01-01" in problem.what.en


def test_a_file_that_is_not_utf8_is_named(pack_with: PackWith) -> None:
    folder = pack_with({})
    for name in (CLAUSE, "facts/study.sql"):
        (folder / name).write_bytes("中文".encode("gb18030"))
    words = [problem.what.en for problem in mini.found(folder)]
    assert sum("is not UTF-8" in word for word in words) == 2


def test_a_branch_that_arithmetic_decides_is_not_called_unreachable(pack_with: PackWith) -> None:
    problems = mini.found(pack_with({CLAUSE: ("when: degree = 'bachelor'", "when: tuition * 2 >= 100000")}))
    assert not any("can never be reached" in problem.what.en for problem in problems)
    assert any("no case" in problem.what.en for problem in problems)


def test_a_branch_that_a_condition_forbids_is_unreachable(pack_with: PackWith) -> None:
    problems = mini.found(pack_with({CLAUSE: ("when: degree = 'bachelor'", "when: age > 60")}))
    assert any("branch full can never be reached" in problem.what.en for problem in problems)


def test_thresholds_are_checked_under_the_law_of_the_cases_day(pack_with: PackWith) -> None:
    """The cases prove 50 and 51 in 2024; the clause's first day, with 45, has no case on either side."""
    later = "as_of: 2024-06-01, given: {age: %d}, expect: {verdict: %s}}"
    folder = pack_with(
        {
            CASES: (
                "given: {age: 46}, expect: {verdict: no, false: [age]}}",
                later % (51, "no") + "\n  - {zh: 五十, en: fifty, " + later % (50, "yes"),
            )
        }
    )
    assert mini.found(folder) == []


def test_reading_a_header_that_begins_later_keeps_line_numbers(pack_with: PackWith) -> None:
    folder = pack_with({"facts/study.sql": ("/*\nsubject: study", "\n\n/*  \nsubject: studies")})
    place = next(p.place for p in mini.found(folder) if "no subject studies" in p.what.en)
    assert place is not None
    assert place.line == 4
    assert read_pack(folder).topics["study"].header.place("facts").line == 6


def test_a_case_may_give_bounds(pack_with: PackWith) -> None:
    """Both engines judge it; what the case shows of a threshold counts, what it leaves open does not."""
    select, header = "count(*) FILTER (back = place) AS insured_months\n", "type: integer,"
    sql = (mini.PACK / "facts" / "insurance.sql").read_text(encoding="utf-8")
    bounds = f'{select.replace("insured_months", chr(34) + "insured_months least" + chr(34)).rstrip()}, NULL AS "insured_months most"\n'
    ranged = sql.replace(header, f"{header} range: true,").replace(select, bounds)
    last = "  - {zh: 学费未知,"
    more = (
        "  - {zh: 至少七个月, en: seven at least, given: {insured_months: {least: 7}}, expect: {verdict: yes}}\n"
        "  - {zh: 至少五个月, en: five at least, given: {insured_months: {least: 5, most: 9}},"
        " expect: {verdict: undecided, missing: [insured_months]}}\n"
    )
    assert mini.found(pack_with({"facts/insurance.sql": ranged, CASES: (last, more + last)})) == []


SUBJECTS, ALLOWANCE = "facts/subjects.yaml", "clauses/allowance/cases.yaml"
GENERAL = (
    "  sql: SELECT person_id AS worker FROM person WHERE registered_on <= :as_of\n",
    "  sql: SELECT person_id AS worker FROM person WHERE registered_on <= :as_of\n"
    "  conditions: [{id: grown, when: age >= 18, zh: 成年, en: Grown up}]\n"
    "  given: {age: 30}\n",
)
CHILD = (
    "cases:\n",
    "cases:\n  - {zh: 未成年, en: a child, given: {insured_months: 3, age: 17}, expect: {verdict: no, false: [grown]}}\n",
)


def test_a_condition_of_a_subject_holds_for_every_clause_about_it(pack_with: PackWith) -> None:
    folder = pack_with({SUBJECTS: GENERAL, ALLOWANCE: CHILD})
    assert mini.found(folder) == []
    pack = read_pack(folder)
    assert [pack.clauses[id_].clause.value.conditions[-1].id for id_ in pack.clauses] == ["grown"] * 3
    # Somewhere it must be seen to fail.
    (problem,) = mini.found(pack_with({SUBJECTS: GENERAL}))
    assert "no case has grown false" in problem.what.en


def test_a_clause_may_do_without_a_condition_of_its_subject(pack_with: PackWith) -> None:
    edits = {SUBJECTS: GENERAL, ALLOWANCE: CHILD}
    folder = pack_with({**edits, CLAUSE: ("per: study\n", "per: study\nwaives: [grown]\n")})
    assert mini.found(folder) == []
    assert "grown" not in [c.id for c in read_pack(folder).clauses["grant"].clause.value.conditions]
    (problem,) = mini.found(pack_with({**edits, CLAUSE: ("per: study\n", "per: study\nwaives: [grow]\n")}))
    assert "no condition of the subject named grow" in problem.what.en


def test_topics_share_a_select(pack_with: PackWith) -> None:
    folder = pack_with(
        {
            "facts/common/joined.sql": "-- Who is in.\nSELECT person_id, joined_on FROM early -- all of them\n",
            "facts/common/early.sql": "SELECT * FROM membership WHERE joined_on < DATE '2030-01-01'",
            "facts/person.sql": ("JOIN membership m", "JOIN joined m"),
        }
    )
    assert mini.found(folder) == []
    topic = read_pack(folder).topics["person"]
    assert topic.sql.splitlines()[0].startswith("WITH early AS (SELECT * FROM membership")
    assert "joined AS (SELECT person_id, joined_on FROM early) SELECT asked.worker" in topic.sql
