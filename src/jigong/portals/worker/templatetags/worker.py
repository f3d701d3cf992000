"""Pieces of the worker's pages."""

from collections.abc import Sequence
from math import pi

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jigong.portals.worker.telling import DimensionPoints

register = template.Library()
_OUTER, _STEP = 88, 18


@register.simple_tag
def rings(dimensions: Sequence[DimensionPoints]) -> SafeString:
    """The dimensions of points as rings within one another, each filled by how much of its cap is earned."""
    parts = []
    for index, dimension in enumerate(dimensions):
        radius = _OUTER - _STEP * index
        length = 2 * pi * radius
        filled = length * min(dimension.earned / dimension.most, 1) if dimension.most else 0
        parts.append((index + 1, radius, f"{filled:.1f}", f"{length:.1f}"))
    circles = format_html_join(
        "",
        '<circle class="ring-track" cx="100" cy="100" r="{1}"/>'
        '<circle class="ring-{0}" cx="100" cy="100" r="{1}" stroke-dasharray="{2} {3}" transform="rotate(-90 100 100)"/>',
        parts,
    )
    return format_html('<svg class="rings" viewBox="0 0 200 200" aria-hidden="true">{}</svg>', circles)
