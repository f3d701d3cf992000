"""The content policy: every page names it, and no template of any app needs anything it forbids."""

import re
from pathlib import Path

import pytest

import jigong

IN_A_ZIP = ("worker/export.html",)
"""Files a person takes away: they open them without the site, and so without its style sheets."""
TEMPLATES = sorted(
    file
    for file in Path(jigong.__file__).parent.rglob("templates/**/*.html")
    if not file.as_posix().endswith(IN_A_ZIP)
)
SCRIPTS = sorted(
    file
    for file in Path(jigong.__file__).parent.rglob("static/**/*.js")
    if "vendor" not in file.parts and "node_modules" not in file.parts
)
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(?:json|ld\+json)\")[^>]*>", re.I),
    "a style block": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.I),
    "an event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I),
    "hx-on": re.compile(r"\bhx-on[:=\-]", re.I),
    "a javascript: address": re.compile(r"(?:href|src|action)\s*=\s*[\"']?\s*javascript:", re.I),
    "something remote": re.compile(r"<(?:script|link|img|iframe|object|embed)\b[^>]*(?:src|href|data)\s*=\s*[\"']?(?:https?:)?//", re.I),
}  # fmt: skip
EVALUATES = re.compile(
    r"\beval\s*\(|\bnew Function\b|\.innerHTML\s*[+]?=|\.style\.cssText|setAttribute\(\s*[\"']style"
)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: "/".join(file.parts[-3:]))
def test_no_template_needs_what_the_policy_forbids(file):
    text = re.sub(r"\{#.*?#\}", "", file.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.S)
    found = {what: pattern.findall(text) for what, pattern in FORBIDDEN.items() if pattern.search(text)}
    assert not found


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: "/".join(file.parts[-3:]))
def test_no_script_of_ours_turns_text_into_code_or_markup(file):
    assert not EVALUATES.findall(file.read_text(encoding="utf-8"))


def test_there_is_something_to_look_at():
    assert len(TEMPLATES) > 20
    assert SCRIPTS


def directives(answer):
    policy = answer.headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/sign-in/staff", "/demo", "/no-such-page", "/access/", "/verify"]
)
def test_every_answer_names_the_policy(client, path):
    answer = client.get(path)
    found = directives(answer)
    assert found["default-src"] == "'self'"
    for name in ("script-src", "style-src"):
        assert found.get(name, "'self'") == "'self'"
    assert found["object-src"] == "'none'"
    assert found["frame-ancestors"] == "'none'"
    assert found["base-uri"] == "'none'"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/staff", "/sign-in/code", "/sign-in/second"])
def test_nobody_keeps_a_copy_of_a_sign_in_page(client, path):
    assert "no-store" in client.get(path).headers["Cache-Control"]
