"""What changed between two texts, word by word, marked for the eye and for a screen reader.

Both texts are in the light markup. Paragraphs and list items are compared first, so that a
sentence which moved to another paragraph never pairs with a stranger; words within them next.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from . import markup

# A citation, or the target of a link, is one sign: its inside is not compared by letters.
_WORDS = re.compile(r"\[@[^\]]*\]|\]\([^)\s]*\)|\w+|\s+|[^\w\s]")
_LINK = re.compile(r"\[([^\[\]@][^\[\]]*)\](\([^)\s]*\))")
_EMPHASIS = re.compile(r"(?<!\\)(\*{1,2})(\S(?:[^*]*\S)?)\1")
_CITATION = re.compile(r"\s*(\[@[^\]]*\])")


@dataclass(frozen=True)
class Piece:
    """A run of words: kind is "same", "gone" (only in the old text) or "new"."""

    kind: str
    text: str


def pieces(old, new):
    """Return the Pieces that make both texts: without "new" the old one, without "gone" the new.

    >>> pieces("two trucks wait", "three trucks wait")
    [Piece(kind='gone', text='two'), Piece(kind='new', text='three'), \
Piece(kind='same', text=' trucks wait')]
    """
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    found = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(before[old_from:old_to])))
            continue
        if old_to > old_from:
            found.append(Piece("gone", "".join(before[old_from:old_to])))
        if new_to > new_from:
            found.append(Piece("new", "".join(after[new_from:new_to])))
    return _joined(found)


def _joined(found):
    """Join changes that only a space keeps apart: one phrase reads better than five words."""
    joined = []
    for at, piece in enumerate(found):
        lonely = (
            piece.kind == "same"
            and piece.text.isspace()
            and 0 < at < len(found) - 1
            and found[at - 1].kind != "same"
            and found[at + 1].kind != "same"
        )
        for part in (Piece("gone", piece.text), Piece("new", piece.text)) if lonely else (piece,):
            joined.append(part)
    return _gathered(joined)


def _gathered(found):
    """Put neighbouring changes into one "gone" and one "new"."""
    gathered, gone, new = [], "", ""
    for piece in (*found, Piece("same", "")):
        if piece.kind == "gone":
            gone += piece.text
        elif piece.kind == "new":
            new += piece.text
        else:
            gathered += [Piece(kind, text) for kind, text in (("gone", gone), ("new", new)) if text]
            gone = new = ""
            if piece.text:
                gathered.append(piece)
    return gathered


# ── As HTML ──────────────────────────────────────────────────────────────────────────────────


def line_html(old, new):
    """Return the difference of two single lines as safe HTML."""
    return mark_safe("".join(_piece_html(piece) for piece in pieces(old, new)))  # noqa: S308


def text_html(old, new, *, raw=False, fold=False):
    """Return the difference of two texts as safe HTML in reading form.

    With `raw` citations and link targets are compared and shown too, as an editor types them;
    readers see only words. With `fold` paragraphs far from any change are left out.
    """
    before, after = _lines(old, raw), _lines(new, raw)
    out = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            same = [
                _block(each[0], _piece_html(Piece("same", each[1])))
                for each in after[new_from:new_to]
            ]
            out += _folded(same, new_from == 0, new_to == len(after)) if fold else same
        else:
            out += _changed_blocks(before[old_from:old_to], after[new_from:new_to])
    return mark_safe("\n".join(_listed(out)))  # noqa: S308 - every piece is escaped


def _folded(same, at_start, at_end):
    """Return the unchanged blocks next to a change, and a sign for those between."""
    first, last = (0 if at_start else 1), (0 if at_end else 1)
    if len(same) <= first + last + 1:
        return same
    return [*same[:first], '<p class="folded">…</p>', *same[len(same) - last :]]


def with_way_to_first_change(html):
    """Return a difference whose first change can be jumped to: #first-change."""
    marked = re.sub(r"<(ins|del)>", r'<\1 id="first-change">', html, count=1)
    return mark_safe(marked)  # noqa: S308 - one attribute more


def _lines(text, raw):
    """Return [(kind, line)] of a text's blocks."""
    return [
        (block.kind, line if raw else markup.plain_text(line) if line else line)
        for block in markup.blocks(text)
        for line in block.lines
    ]


def _changed_blocks(before, after):
    """Pair changed blocks one to one while they resemble each other; show the rest whole."""
    out = []
    matcher_from = 0
    for old_kind, old_line in before:
        partner = next(
            (at for at in range(matcher_from, len(after)) if _resemble(old_line, after[at][1])),
            None,
        )
        if partner is None:
            out.append(_block(old_kind, _piece_html(Piece("gone", old_line))))
            continue
        out += [
            _block(kind, _piece_html(Piece("new", line)))
            for kind, line in after[matcher_from:partner]
        ]
        kind, line = after[partner]
        if line == old_line:  # a paragraph became a heading or a list: the words say nothing of it
            out.append(_block(old_kind, _piece_html(Piece("gone", old_line))))
            out.append(_block(kind, _piece_html(Piece("new", line))))
        else:
            out.append(_block(kind, line_html(old_line, line)))
        matcher_from = partner + 1
    out += [_block(kind, _piece_html(Piece("new", line))) for kind, line in after[matcher_from:]]
    return out


def _resemble(old, new):
    """Tell whether two lines share at least a third of their words: worth comparing by word."""
    before, after = set(old.split()), set(new.split())
    return len(before & after) * 3 >= max(len(before), len(after), 1)


def _block(kind, html):
    tag = {"ul": "li", "h2": "h3", "h3": "h4"}.get(kind, "p")
    return f"<{tag}>{html}</{tag}>"


def _listed(out):
    """Put runs of list items into lists."""
    in_list = False
    for block in out:
        is_item = block.startswith("<li>")
        if is_item and not in_list:
            yield "<ul>"
        if in_list and not is_item:
            yield "</ul>"
        in_list = is_item
        yield block
    if in_list:
        yield "</ul>"


def _piece_html(piece):
    text = escape(piece.text)
    if piece.kind == "same":  # where nothing changed, words matter more than their marks
        text = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
    else:
        text = _LINK.sub(r'\1 <small translate="no">\2</small>', text)
    text = _CITATION.sub(r'<small translate="no"> \1</small>', text)
    if piece.kind == "same" or not text:
        return text
    tag, word = ("del", _("removed:")) if piece.kind == "gone" else ("ins", _("added:"))
    before = f'<span class="for-ears">[{escape(word)} </span>'
    return f'<{tag}>{before}{text}<span class="for-ears">] </span></{tag}>'
