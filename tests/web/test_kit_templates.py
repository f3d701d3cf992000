"""Every template of the site, read as text: known icons, nothing inline, words in both languages."""

import json
import re
from pathlib import Path

import pytest

PORTALS = Path(__file__).parents[2] / "src" / "jigong" / "portals"
KIT = PORTALS / "kit"
TEMPLATES = sorted(PORTALS.glob("*/templates/**/*.html"))
TAKEN_AWAY = ("worker/export.html",)
"""Files a person keeps, opened without the site's style sheets and its policy."""
KNOWN = set((KIT / "assets" / "icons.txt").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_every_icon_is_in_the_sprite(file):
    text = file.read_text(encoding="utf-8")
    named = set(re.findall(r'{% (?:icon|nothing|empty) "([\w-]+)"', text))
    assert named <= KNOWN


def test_every_icon_of_a_navigation_is_in_the_sprite():
    from jigong.portals.kit.navigation import _portals

    assert {item.icon for portal in _portals.values() for item in portal.items} <= KNOWN
    assert {portal.icon for portal in _portals.values()} <= KNOWN


@pytest.mark.parametrize(
    "file", [f for f in TEMPLATES if not str(f).endswith(TAKEN_AWAY)], ids=lambda file: file.name
)
def test_nothing_inline(file):
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", text)
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or "application/json" in tag


def test_the_lock_names_no_registry_and_pins_every_package():
    lock = json.loads((KIT / "assets" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("resolved" not in entry and entry["integrity"] for entry in packages.values())
    wanted = json.loads((KIT / "assets" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
