"""What templates of every app need: dates in words, texts marked with their language."""

from django import template
from django.utils.html import format_html

from dialogue_platform import dates, languages

register = template.Library()


@register.filter
def written(date, precision=dates.DAY):
    """Write a date in the reader's language: {{ version.date_agreed|written:"month" }}."""
    return dates.written(date, precision) if date else ""


@register.simple_tag
def passage(found, element="div", css=""):
    """Put a Passage into an element, with `lang` where it is not in the page's language."""
    lang = "" if found.tag == languages.current().tag else format_html(' lang="{}"', found.tag)
    css = format_html(' class="{}"', css) if css else ""
    return format_html("<{0}{1}{2}>{3}</{0}>", element, css, lang, found.html)


@register.simple_tag
def words(obj, field, element="span"):
    """Write a short field in the reader's language; another language is marked with `lang`."""
    found = languages.reading(obj, field)
    if not found.foreign:
        return found.text
    from agreements.reading import in_script

    shown = in_script(format_html("{}", found.text), found, languages.current())
    return format_html('<{0} lang="{1}">{2}</{0}>', element, shown.tag, shown.html)


@register.filter
def language_name(code):
    """Name a language in the reader's: {{ source.language|language_name }}."""
    return languages.NAMES.get(code, code)
