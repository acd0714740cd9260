"""What templates need to show what became of it: level signs, numbered sources, the course."""

from dataclasses import dataclass

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from agreements.implementation import NOT_ASSESSED, one_sided
from agreements.models import Level
from agreements.scale import level_label

register = template.Library()


@register.simple_tag
def level(value, linked=True):
    """Write a level: its sign, and its name with the way to its test on the page."""
    name = format_html('<a href="#level-{}">{}</a>', value, level_label(value))
    if not linked or value == NOT_ASSESSED:
        name = level_label(value)
    return format_html('<span class="level" data-level="{}">{} {}</span>', value, sign(value), name)


@register.simple_tag
def sign(value):
    """Draw the sign of a level alone; words have to stand beside it."""
    return format_html(
        '<svg class="sign" width="16" height="16" aria-hidden="true"><use href="#sign-{}"/></svg>',
        value,
    )


@register.simple_tag
def level_name(value):
    """Write the name of a level."""
    return level_label(value)


@register.simple_tag
def cite(cited, record):
    """Write the numbers of a record's sources, each the way to the list below the page."""
    return format_html(
        '<sup class="cite">{}</sup>',
        format_html_join(
            ", ",
            '<a href="#source-{}">{}</a>',
            ((source.key, number) for number, source in cited.numbers(record)),
        ),
    )


@register.filter
def is_one_sided(record):
    """Tell whether a record rests on the sources of one side alone."""
    return one_sided(record.sources) is not None


@register.simple_tag
def held_up(texts, slug, query=""):
    """Write the provisions that an obstacle holds up, each the way to its text."""
    address = reverse("agreement-full-text", args=[slug]) + query
    return format_html_join(
        ", ",
        '<a href="{}#{}">{}</a>',
        ((address, text.provision.key, text.number) for text in texts),
    )


WIDTH, HEIGHT, SIGN = 340, 76, 16  # units of the drawing
_STEPS = (Level.NOT_STARTED, Level.MINIMAL, Level.INTERMEDIATE, Level.COMPLETE)


@dataclass(frozen=True)
class Mark:
    """One assessment in the drawing of a course: its sign's corner and the stem under it."""

    level: str
    x: int
    y: int

    @property
    def middle(self):
        return self.x + SIGN // 2

    @property
    def foot(self):
        return self.y + SIGN


@register.inclusion_tag("agreements/_course.html")
def course(tracked, since):
    """Draw the assessments of one obligation from `since` (a date) to the day of the page.

    The four levels of the scale stand at four heights; the others stand on the ground line.
    """
    span = max((tracked.date - since).days, 1)
    marks = []
    for each in tracked.assessments:
        part = min(max((each.as_of - since).days / span, 0), 1)
        step = _STEPS.index(each.level) if each.level in _STEPS else 0
        x = round(part * (WIDTH - SIGN))
        if marks:  # two signs of one season must not cover each other
            x = min(max(x, marks[-1].x + SIGN + 2), WIDTH - SIGN)
        marks.append(Mark(each.level, x, HEIGHT - 18 - SIGN - step * 13))
    return {
        "marks": marks,
        "width": WIDTH,
        "height": HEIGHT,
        "ground": HEIGHT - 18,
        "first": since.year,
        "last": tracked.date.year,
    }
