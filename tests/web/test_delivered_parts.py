"""What the page says of the parts of an upload that did not come in, or should be looked at."""

import json
from datetime import date

from django.template.loader import render_to_string

from jigong.kernel.text import Text
from jigong.lake.errors import NotTaken
from jigong.lake.report import Doubtful, IntakeReport, RefusedFile, Tally
from jigong.portals.office.delivering import _plain


def test_the_page_names_each_sheet_that_did_not_come_in_and_each_row_to_check() -> None:
    report = IntakeReport(
        date(2024, 1, 1),
        None,
        None,
        (),
        (),
        (RefusedFile("a.xlsx", "person", None, "file:columns", Text("没有号码", "no number"), "白杨"),),
        not_taken=(NotTaken("a.xlsx", Text("是隐藏的", "is hidden"), "旧<1>"),),
        sheets=Tally(5, 3, 0, 1, 1),
        doubtful=(
            Doubtful("person", "a.xlsx!下沙", "sex", Text("性别与号码不符", "sex differs"), 7, (2, 3)),
        ),
    )
    # A session keeps it as JSON.
    done = json.loads(json.dumps(_plain(report, 0)))
    page = render_to_string("office/delivered_parts.html", {"done": done})
    for words in (
        "工作表“白杨”退回",
        "旧&lt;1&gt;",
        "是隐藏的",
        "再报一次",
        "工作表 5 张 = 收下 3 + 退回 1 + 没有收 1",
    ):
        assert words in page
    assert "a.xlsx!下沙 有 7 行已收下，但请核实（第 2、3… 行）：性别与号码不符" in page
    assert "kit-notice" not in render_to_string("office/delivered_parts.html", {"done": {"refused": []}})
