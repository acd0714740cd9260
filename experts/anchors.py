"""Where a comment stands in another version of the text: never attached by likeness.

Two clauses that differ in one article number look the same to any measure of likeness. So a comment
follows its paragraph only where that is the very same, or its quoted words where they stand exactly
once at the same place, as they did in the text it was written on; else it is shown with the old
text and the new one.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from agreements import markup

from .reviewing import paragraphs_of


class Hold(StrEnum):
    """How a comment holds on to a version."""

    EXACT = "exact"
    MOVED = "moved"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class Anchor:
    """Where a comment stands: `paragraph` where it is known, `now` the text there in its markup."""

    hold: Hold
    paragraph: int | None = None
    now: str = ""


def locate(comment, version):
    """Return the Anchor of a comment in a version."""
    paragraphs = paragraphs_of(version, comment.place, comment.language)
    if not paragraphs:
        return Anchor(Hold.REMOVED)
    same = [at for at, text in enumerate(paragraphs) if text == comment.before]
    if same:
        at = comment.paragraph if comment.paragraph in same else same[0]
        return Anchor(Hold.EXACT, at, paragraphs[at])
    quote = markup.tidy(comment.quote)
    if quote:
        found = _standing_at(quote, paragraphs)
        # Words that stood in two paragraphs do not tell which of them is left.
        if len(found) == 1 and len(_standing_at(quote, _as_written_on(comment))) == 1:
            return Anchor(Hold.MOVED, found[0], paragraphs[found[0]])
    return Anchor(Hold.CHANGED, None, "\n\n".join(paragraphs))


def _as_written_on(comment):
    return paragraphs_of(comment.version, comment.place, comment.language)


# What belongs to the letter or the sign before it: marks, joiners, variants, tones of skin.
_JOINED = (
    "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff"
)


def _standing_at(quote, paragraphs):
    """Return the number of the paragraph of each place where the quoted words stand as words.

    "Article 1" does not stand in "Article 12", nor in "Article 1.2".
    """
    before, after = "(?<!\u200d)", f"(?![{_JOINED}])"
    if re.match(r"\w", quote):
        before += rf"(?<![\w{_JOINED}])"
    if quote[0].isdigit():
        before += r"(?<!\d[.,/:–-])"
    if re.search(rf"[\w{_JOINED}]$", quote):
        after += r"(?!\w)"
    if quote[-1].isdigit():
        after += r"(?![.,/:–-]\d)"
    # Looked for ahead, so that places which overlap are two.
    words = re.compile(f"{before}(?={re.escape(quote)}{after})")
    return [
        at
        for at, text in enumerate(paragraphs)
        for _place in words.finditer(markup.tidy(markup.plain_text(text)))
    ]
