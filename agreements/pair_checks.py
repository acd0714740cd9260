"""Cheap checks of a translation against its source: what a tired translator overlooks.

Each gives a warning, never a refusal: a check cannot know a language. It can be dismissed with a
reason, for exactly this pair of texts.
"""

import re

from django.utils.translation import gettext_lazy as _

from dialogue_platform.dates import month_names
from dialogue_platform.scripts import folded, to_latin

from . import markup
from .models import DismissedWarning
from .translation_state import current_pair, translated_segments

# A translation of this site's texts is 0.6 to 1.6 times as long as its source.
SHORTEST, LONGEST = 0.5, 2.0
LONG_ENOUGH = 60  # characters; shorter texts say nothing by their length

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}(?!\d))")
_ADDRESS = re.compile(r"\]\(([^)\s]*)\)")
_ARTICLE = re.compile(
    r"\b(?:articles?|art\.|nen(?:i|it|in|et|eve)|član(?:a|u|om|ovi|ova|ove|ovima)?|čl\.)\s*(\d+)",
    re.IGNORECASE,
)

LABELS = {
    "numbers": _("The numbers differ from the source."),
    "dates": _("The dates differ from the source."),
    "articles": _("The references to articles differ from the source."),
    "links": _("The links, explained words or cited sources differ from the source."),
    "copied": _("This is the source text itself, copied over."),
    "length": _("This is suspiciously long or short beside the source."),
}


def warnings(segment, source_language, language):
    """Return the names of the checks that a translation does not pass."""
    source, text = segment.value(source_language), segment.value(language)
    if not source or not text:
        return []
    before, after = markup.plain_text(source), markup.plain_text(text)
    found = []
    (old_dates, old_rest), (new_dates, new_rest) = (
        _read_dates(before, source_language),
        _read_dates(after, language),
    )
    if old_dates != new_dates:
        found.append("dates")
    elif _numbers(old_rest) != _numbers(new_rest):
        found.append("numbers")
    if _articles(before) != _articles(after):
        found.append("articles")
    if _targets(source) != _targets(text):
        found.append("links")
    if segment.is_rich and len(before) > LONG_ENOUGH and folded(before) == folded(after):
        found.append("copied")
    if len(before) > LONG_ENOUGH and not SHORTEST <= len(after) / len(before) <= LONGEST:
        found.append("length")
    return found


def _numbers(text):
    """Return the figures of a text, sorted: 1,500 and 1.500 and 1 500 are the same."""
    whole = _THOUSANDS.sub("", text)
    return sorted(number.replace(",", ".") for number in _NUMBER.findall(whole))


def _read_dates(text, language):
    """Return ([(day, month, year)] sorted, the text without them): in words or in figures."""
    months = {folded(name): number for name, number in month_names(language).items()}
    names = "|".join(sorted(map(re.escape, months), key=len, reverse=True))
    found = []

    def read(match):
        day, month, year = match["day"], match["month"], match["year"]
        found.append((int(day), months.get(month) or int(month), int(year)))
        return " "

    rest = folded(text)
    for pattern in (
        rf"\b(?P<day>\d{{1,2}})\.? (?P<month>{names})\w* (?P<year>\d{{4}})",
        rf"\b(?P<month>{names}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}})",
        r"\b(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4})",
    ):
        rest = re.sub(pattern, read, rest)
    return sorted(found), rest


def _articles(text):
    return sorted(_ARTICLE.findall(to_latin(text)))


def _targets(text):
    """Return what a text points to: addresses, explained words, cited sources."""
    return sorted(_ADDRESS.findall(text)) + sorted(markup.cited_keys(text))


def open_warnings(version, language):
    """Return {place: [check]} of the warnings that nobody dismissed: at most one query."""
    found = {}
    for segment in translated_segments(version, language):
        if names := warnings(segment, version.source_language, language):
            found[segment] = names
    pairs = {current_pair(version, segment, language): segment for segment in found}
    dismissed = set(
        DismissedWarning.objects.filter(agreement=version.agreement_id, pair__in=pairs).values_list(
            "pair", "check_name"
        )
    )
    still = {}
    for pair, segment in pairs.items():
        names = [name for name in found[segment] if (pair, name) not in dismissed]
        if names:
            still[segment.place] = names
    return still
