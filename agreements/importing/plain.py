"""Plain text, and what it shares with PDF: lines broken at the edge of the page, running heads."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from agreements.importing import MAX_CHARACTERS, UnreadableDocument

from .lines import LINE_ENDS, Line

NARROWEST = 45  # characters; nobody breaks lines of plain text before


def flowed(text):
    """Return the Lines of plain text, with `continues` where a line was broken for its width."""
    if len(text) > 1.2 * MAX_CHARACTERS:  # with room for what is white space
        raise UnreadableDocument("oversized")
    pages = [
        [line.expandtabs(8).rstrip() for line in re.split(r"\n", page)]
        for page in LINE_ENDS.sub("\n", text.replace("\x0c", "\0")).split("\0")
    ]
    if len(pages) > 1:
        pages = _without_page_numbers(pages)
    rows = [row for page in pages for row in page]
    pairs = [(above, below) for above, below in pairwise(rows) if above and below]
    width = page_edge(
        (len(above), len(above) + 1 + len(below.split()[0]), goes_on_small(above, below))
        for above, below in pairs
    )
    width = width if width and width >= NARROWEST else None
    lines, previous = [], None
    for row in rows:
        if not row or is_contents_row(row):
            previous = None
            continue
        full = width is not None and previous is not None
        full = full and len(previous) + 1 + len(row.split()[0]) > width
        continues = previous is not None and (full or goes_on_small(previous, row))
        lines.append(Line(row.strip(), continues=continues))
        previous = row
    return with_whole_words(lines)


def goes_on_small(above, below):
    """Tell whether a line surely goes on in the one below: no end there, a small letter here."""
    word = below.split()[0] if below.split() else ""
    if _LEADS_ON.search(above):
        return True
    unfinished = above.rstrip()[-1:] not in ".;:!?" or _NO_END.search(above) is not None
    return unfinished and word.islower() and re.match(r"[^\W\d_]+[,;.:!?]?$", word) is not None


# A line that ends in a hyphen or in such a word has more to say.
_LEADS_ON = re.compile(
    r"[^\W\d_][-\xad\u2010]$|\s(?:the|of|and|to|in|on|with|for|by|from|të|në|për|dhe|me|nga|më|së"
    r"|u|na|za|da|sa|od|iz|ili|koje|koji|u|на|за|да|са|од|из|или|које|који|у)\s*$"
)


# A full stop after a number, a letter or an abbreviation does not end a sentence.
_NO_END = re.compile(
    r"(?:\d|\b(?:\w|čl|st|tač|br|str|god|tzv|npr|itd|чл|ст|тач|бр|стр|год|тзв|нпр|итд|nr|no|art|par))"
    r"\.\s*$",
    re.IGNORECASE,
)


def page_edge(pairs):
    """Return where lines were broken for their width, None if every line is a whole paragraph.

    `pairs` are (end of a line, its end if the next word stood in it too, whether it surely goes
    on). No line reaches beyond the edge, and with its next word every broken one would.
    """
    pairs = list(pairs)
    reaches = sorted(reach for _end, reach, sure in pairs if sure)
    if not reaches:
        return None
    ends = sorted(end for end, page_reach, _sure in pairs)
    edge = max((end for end in ends if end < reaches[len(reaches) // 2]), default=0)
    # Far below the usual line: those were lists in small letters, no broken lines.
    return edge if edge >= 0.75 * ends[int(0.9 * (len(ends) - 1))] else None


def _without_page_numbers(pages):
    """Return pages of plain text (set apart by form feeds) without what a printer added."""
    bare = [[(at, row.strip()) for at, row in enumerate(page) if row.strip()] for page in pages]
    marks = [
        [Mark(page, place, text) for place, (_at, text) in _edges(rows)]
        for page, rows in enumerate(bare)
    ]
    added = running_heads([mark for page in marks for mark in page], len(pages))
    out = []
    for page, (rows, texts) in enumerate(zip(bare, pages, strict=True)):
        drop = {
            rows[place][0]
            for place, (_at, text) in _edges(rows)
            if (page, text) in added or PAGE_NUMBER.fullmatch(text)
        }
        out.append([row for at, row in enumerate(texts) if at not in drop])
    return out


def _edges(rows):
    """Return the first two and last two rows with their places, counted as in a list."""
    first, last = rows[:2], rows[2:][-2:]
    return [*enumerate(first), *((at - len(last), row) for at, row in enumerate(last))]


_CONTENTS_ROW = re.compile(r".*\S\s?(?:\.{4,}|(?:\. ){4,}|…{2,})\s*\d{1,4}$")


def is_contents_row(text):
    """Tell whether it is a row of a table of contents: words, dots, page."""
    text = text.strip()
    return len(text) < 300 and text[-1:].isdigit() and _CONTENTS_ROW.match(text) is not None


_COMPOUND = frozenset(
    "non self co cross follow long short well vice multi socio anti post pre sub ex high low law"
    " decision policy full part third one two day fact state north south east west so".split()
)


def with_whole_words(lines):
    """Return Lines with words joined that were broken at a line's end.

    A hyphen stays where it is part of the word: after capitals (EU-), before a capital, in a
    compound that stands elsewhere in the text, or where only a stray line ends in a hyphen.
    """
    broken = [at for at, line in enumerate(lines) if _breaks_word(lines, at)]
    if not broken:
        return lines
    words = Counter(
        re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", " ".join(x.text for x in lines).lower())
    )
    habit = len(broken) >= max(3, 0.03 * len(lines))
    for at in broken:
        line, following = lines[at], lines[at + 1]
        start = re.search(r"([^\W\d_]+)[-\xad\u2010]$", line.text)
        head, _space, rest = following.text.partition(" ")
        end = re.match(r"[^\W\d_]+", head)
        if not start or not end:
            continue
        joined, hyphened = start[1] + end[0], f"{start[1]}-{end[0]}"
        soft = line.text.endswith("\xad")
        keep = not soft and (
            start[1].isupper()
            or not end[0][0].islower()
            or words[hyphened.lower()] > 0
            or (start[1].lower() in _COMPOUND and not words[joined.lower()])
            or (
                not habit
                and not words[joined.lower()]
                and words[start[1].lower()] > 0
                and words[end[0].lower()] > 0
            )
        )
        stem = line.text[:-1] + ("-" if keep else "")
        line.text, following.text = stem + head, rest
        following.continues = True
    return [line for line in lines if line.text.strip()]


def _breaks_word(lines, at):
    return (
        at + 1 < len(lines)
        and lines[at + 1].continues
        and bool(re.search(r"[^\W\d_][-\xad\u2010]$", lines[at].text))
        and lines[at + 1].text[:1].isalpha()
    )


@dataclass(slots=True, frozen=True)
class Mark:
    """A text at the edge of a page that may be a running head: page, place, words."""

    page: int
    place: float
    text: str


PAGE_NUMBER = re.compile(
    r"(?:(?:page|faqe|faqja|fq|strana|stranica|str|страна|страница|стр|p)\b\.?\s*)?"
    r"[-–—|\[\s]*\d{1,3}[-–—|\]\s]*"
    r"(?:(?:of|nga|prej|od|од|/)\s*\d{1,3})?\s*(?:\|\s*(?:page|faqe|strana|страна))?",
    re.IGNORECASE,
)


KEYWORD_LINE = re.compile(
    r"\W*(?:article|art|neni|nen|član|clan|члан|point|pika|tačka|тачка|annex|aneks|анекс|section"
    r"|chapter|kreu|kapitulli|glava|глава)\b",
    re.IGNORECASE,
)


def running_heads(marks, pages):
    """Return {(page, text)} of what stands at the same place on many pages.

    Two texts are the same if they differ only in one number that counts the pages.
    """
    found, groups = set(), defaultdict(list)
    for mark in marks:
        if not (KEYWORD_LINE.match(mark.text) or MARKER_START.match(mark.text)):
            groups[re.sub(r"\d+", "#", mark.text)].append(mark)
    for group in groups.values():
        for cluster in _at_one_place(group):
            on = {mark.page for mark in cluster}
            many = len(on) >= 2 and len(on) >= 0.5 * pages
            if many and _counts_pages(cluster):
                found.update((mark.page, mark.text) for mark in cluster)
    return found


def _at_one_place(marks):
    clusters = []
    for mark in sorted(marks, key=lambda mark: mark.place):
        if clusters and mark.place - clusters[-1][-1].place <= 4:
            clusters[-1].append(mark)
        else:
            clusters.append([mark])
    return clusters


def _counts_pages(cluster):
    """Tell whether every number in these texts is the same or one more from page to page."""
    numbers = [[int(digits) for digits in re.findall(r"\d{1,9}", m.text)] for m in cluster]
    for column in zip(*numbers, strict=True):
        offsets = {number - mark.page for number, mark in zip(column, cluster, strict=True)}
        if len(set(column)) > 1 and len(offsets) > 1:
            return False
    return True


def page_reach(above, below):
    """Return where a line would end if the next one's first word stood in it too."""
    word = below.text.split()[0] if below.text.split() else ""
    letter = (below.right - below.left) / max(len(below.text), 1)
    return above.right + letter * (len(word) + 0.8)


MARKER_START = re.compile(r"\s*[(]?(?:\d{1,3}|[^\W\d_]{1,4})[.)]")
