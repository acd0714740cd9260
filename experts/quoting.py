"""Words that an expert marks on a page, found again in the stored text, whatever the script.

A reader of Latin marks "njih" where "њих" is stored. Cyrillic letters become one or two Latin ones
each, so a place in the Latin line leads back to one in the stored line.
"""

from agreements import markup
from dialogue_platform.scripts import to_latin


class NotThere(ValueError):
    """The words do not stand in the paragraph."""


def stored_quote(words, paragraph, language):
    """Return the marked words as they are stored ('' for none); `paragraph` is in its markup.

    Raises NotThere where they do not stand in it.
    """
    words = markup.tidy(words)
    if not words:
        return ""
    line = markup.tidy(markup.plain_text(paragraph))
    if words in line:
        return words
    if language == "sr":
        latin, origin = _latin_with_origin(line)
        start = latin.casefold().find(to_latin(words).casefold())
        if start >= 0:
            end = start + len(to_latin(words))
            return line[origin[start] : origin[end - 1] + 1]
    raise NotThere


def _latin_with_origin(line):
    """Return a line in Latin and, for each of its letters, the place of the stored one."""
    latin, origin = "", []
    for at, letter in enumerate(line):
        written = to_latin(letter)
        latin += written
        origin += [at] * len(written)
    return latin, origin
