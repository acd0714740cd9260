"""What templates of every app need: dates in words, texts marked with their language."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html

from dialogue_platform import dates, languages
from dialogue_platform.passages import bare_text, passage_of

register = template.Library()


@register.simple_tag
def when(date, precision=dates.DAY):
    """Write a date or a moment in the reader's language, only as exact as it is known."""
    if isinstance(date, datetime):
        date = timezone.localdate(date)
    machine = dates.machine(date, precision)
    return format_html('<time datetime="{}">{}</time>', machine, dates.written(date, precision))


@register.filter
def moment(value):
    """Write a moment with its time: {{ entry.at|moment }}."""
    return dates.written_moment(value)


@register.simple_tag
def passage(found, element="div", css=""):
    """Put a Passage into an element, with `lang` where it is not in the page's language."""
    lang = "" if found.tag == languages.current().tag else format_html(' lang="{}"', found.tag)
    css = format_html(' class="{}"', css) if css else ""
    return format_html("<{0}{1}{2}>{3}</{0}>", element, css, lang, found.html)


@register.simple_tag
def words(obj, field):
    """Write a short field in the reader's language; another language is marked with `lang`."""
    found = passage_of(obj, field)
    return passage(found, "span") if found.foreign else found.html


@register.simple_tag
def bare(obj, field):
    """Write a short field where no markup can stand: in <title> and in attributes."""
    return bare_text(languages.reading(obj, field))


@register.inclusion_tag("_editions_links.html", takes_context=True)
def editions_links(context, canonical):
    """Tie the editions of a page together; `canonical` is its address without filters."""
    request, prefix = context["request"], f"/{languages.current().code}/"
    rest = canonical.removeprefix(prefix)
    return {
        "host": f"{request.scheme}://{request.get_host()}",
        "canonical": canonical,
        "editions": [(other.tag, f"/{other.code}/{rest}") for other in languages.PUBLIC],
        "anybody": f"/{rest}",  # leads to the reader's language
    }


@register.filter
def language_name(code):
    """Name a language in the reader's: {{ source.language|language_name }}."""
    return languages.NAMES.get(code, code)
