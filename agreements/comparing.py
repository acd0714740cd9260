"""The difference between two versions: what editors confirm and readers can look up.

Goes through the segments, so that no text or fact can change unseen.
"""

import re
from dataclasses import dataclass

from django.utils.safestring import SafeString

from dialogue_platform.languages import STORED, reading
from dialogue_platform.passages import bare_text

from . import differences, markup
from .segments import facts_of, texts_of


@dataclass(frozen=True)
class Changed:
    """One place that differs: its segment (of the newer version that has it) and both texts."""

    segment: object
    old: str
    new: str
    html: SafeString


def changed_texts(old, new, language, *, raw=False, fields=None):
    """Return the texts that differ in a language, in the order of the newer version.

    `old` may be None (nothing was public): then everything is new. With `fields` only segments of
    these fields are compared.
    """
    before = {segment.place: segment for segment in texts_of(old)} if old else {}
    after = {segment.place: segment for segment in texts_of(new)}
    found = []
    for place in (*after, *(place for place in before if place not in after)):
        segment = after.get(place) or before[place]
        if fields is not None and segment.field not in fields:
            continue
        was = before[place].value(language) if place in before else ""
        now = after[place].value(language) if place in after else ""
        if was == now:
            continue
        html = _html(segment, was, now, raw)
        found.append(Changed(segment, was, now, html))
    return found


def _html(segment, was, now, raw):
    if segment.field == "text_basis":
        return differences.line_html(_basis(was), _basis(now))
    if segment.is_rich:
        return differences.text_html(was, now, raw=raw, fold=raw)
    return differences.line_html(was, now)


def _basis(value):
    from .models.version import TextBasis

    return str(TextBasis(value).label) if value else ""


def changed_facts(old, new):
    """Return the facts that differ, sources, files and the order of points among them."""
    before = {segment.place: segment for segment in facts_of(old)} if old else {}
    after = {segment.place: segment for segment in facts_of(new)}
    found = []
    for place in (*after, *(place for place in before if place not in after)):
        segment = after.get(place) or before[place]
        was = _shown(before.get(place))
        now = _shown(after.get(place))
        if was != now:
            found.append(Changed(segment, was, now, differences.line_html(was, now)))
    return found


def _shown(segment):
    if segment is None:
        return ""
    display = getattr(segment.row, f"get_{segment.field}_display", None)
    return str(display()) if display else segment.value("")


def changed_lists(old, new):
    """Return [(what, old line, new line, HTML)] of what stands in lists: order, sources, files."""
    from django.utils.translation import gettext as _

    lists = (
        (
            _("Order of the points"),
            lambda version: [text.number for text in version.provision_texts.all()],
        ),
        (
            _("Sources"),
            lambda version: [_title(row.source) for row in version.version_sources.all()],
        ),
        (
            _("Sources with the full wording"),
            lambda version: [
                _title(row.source) for row in version.version_sources.all() if row.is_full_text
            ],
        ),
        (
            _("Originals"),
            lambda version: [file.file_name for file in version.originals.all()],
        ),
    )
    found = []
    for label, read in lists:
        was, now = ("; ".join(read(version)) if version else "" for version in (old, new))
        if was != now:
            found.append((label, was, now, differences.line_html(was, now)))
    return found


def _title(source):
    return bare_text(reading(source, "title"))


def whole_difference(old, new):
    """Return ({language: [Changed]}, [Changed facts], [changed lists]) for an editor."""
    texts = {language: changed_texts(old, new, language, raw=True) for language in STORED}
    return texts, changed_facts(old, new), changed_lists(old, new)


# A full stop behind a figure may belong to a date; citations belong to the sentence before them.
_SENTENCE = re.compile(r".+?(?:(?<!\d)[.!?][”“»\")]*(?:\s*\[@[^\]]*\])*(?=\s|$)|$)")


def _sentences(text):
    return [
        sentence.strip()
        for block in markup.blocks(text)
        for line in block.lines
        for sentence in _SENTENCE.findall(line)
        if sentence.strip()
    ]


def sentences_that_moved(old_source, new_source, limit=3):
    """Return the difference of the changed sentences alone, for a line on the start page."""
    before, after = _sentences(old_source), _sentences(new_source)
    gone = [sentence for sentence in before if sentence not in after][:limit]
    new = [sentence for sentence in after if sentence not in before][:limit]
    return differences.text_html("\n\n".join(gone), "\n\n".join(new), raw=True)
