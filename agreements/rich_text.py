"""The light markup ⇄ the HTML of the visual editor.

`html_for_editor` is what the editor opens; `markup_from_html` is the border, at which whatever a
browser sends or an office program put on the clipboard becomes light markup. What is written is
read back before it is believed, so a star that an editor typed stays a star.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import quote, urlsplit

import lxml.html
from django.utils.html import escape
from lxml import etree
from markdown_it import MarkdownIt

from agreements import markup

# Reads a line as the pages do, but hands addresses over as they were typed.
_READER = MarkdownIt("zero").enable(["emphasis", "link", "escape"])
_READER.normalizeLink = str

_CITATION = re.compile(r"\[@[a-z0-9-]+(?:;\s*@[a-z0-9-]+)*\]")
_TERM = re.compile(r"term:[a-z0-9-]+")
_SIGNS = {"em": "*", "strong": "**"}


def _target(href):
    """Return an address as it may stand in the markup, or None: http, https or a term."""
    href = unicodedata.normalize("NFC", "".join(re.split(r"[\t\r\n]+", href)).strip())
    if _TERM.fullmatch(href):
        return href
    try:
        parts = urlsplit(href)
        hostname = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not hostname:
        return None
    # A target of the markup ends at the first ")" or space; "&copy" and "\" would read as others.
    href = re.sub(r"""[\s<>()"\\^`{|}\x00-\x1f\x7f]""", lambda sign: quote(sign[0], safe=""), href)
    return re.sub(r"(&#?\w+);", r"\1%3B", href)


# ── Markup → HTML ────────────────────────────────────────────────────────────────────────────


def html_for_editor(text):
    """Return a text of light markup as safe HTML: p, h2, h3, ul, li, em, strong and a.

    Citations stay the text `[@key]`, explained words are links to `term:key`. Lists that follow
    one another become one, as they do in the editor.
    """
    html, open_list = [], False
    for block in markup.blocks(text):
        inner = [_inline_html(line) for line in block.lines]
        if block.kind != "ul":
            html.append(f"<{block.kind}>{inner[0]}</{block.kind}>")
        else:
            if open_list:
                html[-1] = html[-1].removesuffix("</ul>")
            else:
                html.append("<ul>")
            html[-1] += "".join(f"<li><p>{line}</p></li>" for line in inner) + "</ul>"
        open_list = block.kind == "ul"
    return "".join(html)


def _inline_html(line):
    html, open_links = [], []
    for token in _tokens(line):
        if token.type == "link_open":
            target = _target(token.attrGet("href"))
            open_links.append("</a>" if target else "")
            html.append(f'<a href="{escape(target)}">' if target else "")
        elif token.type == "link_close":
            html.append(open_links.pop())
        elif token.tag in _SIGNS:
            html.append(f"<{token.tag}>" if token.nesting > 0 else f"</{token.tag}>")
        else:
            html.append(escape(token.content))
    return "".join(html)


def _tokens(line):
    return _READER.parseInline(line)[0].children


# ── HTML → lines of marked text ──────────────────────────────────────────────────────────────

_SILENT = frozenset(  # elements whose text is no text of the document
    "applet area audio base button canvas datalist del embed frame frameset head iframe img input"
    " link map math meta meter noembed noframes noscript object optgroup option param progress"
    " script select source style svg template textarea title track video xml".split()
)
_BREAKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p"
    " pre section summary table tbody td tfoot th thead tr ul".split()
)
_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}
_LISTS = ("ul", "ol", "menu", "dir")
_MARKS = {"b": "strong", "strong": "strong", "i": "em", "em": "em"}

# Characters that nobody sees: control characters, soft hyphens, marks of width and of direction.
# Word and browsers strew them about.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef"
    "\ufeff\ufff9-\ufffc\ufffe\uffff]"
)
# A bullet that Word left in the text itself, from fonts in which a letter is a sign.
_BULLET = re.compile(r"\s*[·•▪▫■□●○◦‣⁃∙§Øüvo\uf000-\uf0ff–—-]\s+")


@dataclass(frozen=True)
class _Place:
    """What the walk knows inside an element.

    `marks` are "em", "strong" and a target, the outermost first; `kind` that of the line; `bullets`
    is true anywhere inside a bullet list; `numbers` belongs to the ordered list whose items come
    next; `word_item` is a paragraph that Word shows as a list item, `word_sign` the bullet or the
    number that it printed before it.
    """

    marks: tuple = ()
    kind: str = "p"
    bullets: bool = False
    numbers: "_Numbers | None" = None
    word_item: bool = False
    word_sign: bool = False
    verbatim: bool = False


class _Walk:
    """Goes through a tree, without recursion, and gathers lines: [(kind, [(text, marks)])]."""

    def __init__(self, root):
        self.lines, self.pairs, self.sign = [], [], ""
        places, silent = [_Place()], 0
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if event == "start":
                silent += _is_silent(element)
                if not silent:
                    places.append(self._enter(element, places[-1]))
                    self._text(element.text, places[-1])
            else:
                if not silent:
                    self._break(element.tag, places.pop())
                silent -= _is_silent(element)
                if not silent:
                    self._text(element.tail, places[-1])
        self._end_line()

    def _enter(self, element, place):
        """Return the Place inside an element, having ended the line that it ends."""
        tag, style = element.tag, _style(element)
        self._break(tag, place)
        place = replace(place, marks=_marks(element, style, place.marks))
        if tag in _LISTS:
            numbers = _Numbers(element, style) if tag == "ol" else None
            return replace(place, kind="p", bullets=place.bullets or not numbers, numbers=numbers)
        if tag == "li":
            self.sign = place.numbers.next(element) if place.numbers else ""
            kind = "ul" if place.bullets or not place.numbers else "p"
            return replace(place, kind=kind, numbers=None)
        if tag in _HEADINGS and place.kind == "p":
            return replace(place, kind=_HEADINGS[tag])
        if tag == "p" and place.kind == "p" and _is_word_item(element, style):
            self.sign = ""
            return replace(place, word_item=True)
        if place.word_item and style.get("mso-list") == "ignore":
            return replace(place, word_sign=True)
        return replace(place, verbatim=place.verbatim or tag == "pre")

    def _break(self, tag, place):
        """Begin a new line where an element does; list items and headings are one line each."""
        if tag in _LISTS or tag == "li" or (tag in _HEADINGS and place.kind != "ul"):
            self._end_line()
        elif tag in _BREAKS or tag == "br":
            if place.kind == "p":
                self._end_line()
            else:
                self.pairs.append((" ", place))

    def _text(self, text, place):
        if not text:
            return
        if place.word_sign:
            self.sign += text
            return
        for at, line in enumerate(text.split("\n") if place.verbatim else [text]):
            if at:
                self._break("br", place)
            self.pairs.append((line, place))

    def _end_line(self):
        said = [place for text, place in self.pairs if not _is_blank(text)]
        if said:
            kind, sign = said[0].kind, self.sign.strip()
            pairs = [(text, place.marks) for text, place in self.pairs]
            if said[0].word_item and not sign and (bullet := _BULLET.match(_joined(pairs))):
                kind, pairs = "ul", _cut(pairs, bullet.end())
            elif len(sign) == 1 and not sign.isdigit():
                kind = "ul"
            elif sign:
                pairs.insert(0, (f"{sign} ", ()))
            self.lines.append((kind, pairs))
            self.sign = ""
        self.pairs = []


class _Numbers:
    """The numbers of an ordered list, which the markup keeps as words: 1. b. iv."""

    def __init__(self, element, style):
        names = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
        self.style = style.get("list-style-type") or names.get(element.get("type"), "decimal")
        self.at = _integer(element.get("start"), 1) - 1

    def next(self, item):
        """Return the number of the next item; letters and Roman numerals while they last."""
        style = _style(item).get("list-style-type", self.style)
        self.at = _integer(item.get("value"), self.at + 1)
        label = str(self.at)
        if style.endswith(("alpha", "latin")) and 1 <= self.at <= 26:
            label = chr(ord("a") + self.at - 1)
        elif style.endswith("roman") and 1 <= self.at <= 39:
            ones = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"]
            label = "x" * (self.at // 10) + ones[self.at % 10]
        return f"{label.upper() if style.startswith('upper') else label}."


def _integer(text, default):
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text or "") else default


def _style(element):
    """Return the declarations of a style attribute, names and values in lower case."""
    pairs = (part.partition(":") for part in element.get("style", "").lower().split(";"))
    return {name.strip(): value.strip() for name, _colon, value in pairs}


def _is_silent(element):
    style = _style(element)
    return (
        element.tag in _SILENT
        or element.get("hidden") is not None
        or style.get("display") == "none"
        or style.get("mso-hide") == "all"
        or style.get("mso-element") == "comment-list"
    )


def _is_word_item(element, style):
    return "mso-list" in style or "MsoListPar" in element.get("class", "")


def _marks(element, style, marks):
    """Return the marks inside an element, given those outside."""
    found = list(marks)

    def put(mark, there):
        if there and mark not in found:
            found.append(mark)
        elif not there and mark in found:
            found.remove(mark)

    if mark := _MARKS.get(element.tag):
        put(mark, True)
    # Google Docs wraps all it copies in <b style="font-weight:normal">.
    if weight := style.get("font-weight"):
        put("strong", weight.startswith("bold") or _integer(weight, 400) >= 600)
    if slant := style.get("font-style"):
        put("em", slant.startswith(("italic", "oblique")))
    if element.tag == "a" and (target := _target(element.get("href", ""))):
        found = [*(mark for mark in found if mark in _SIGNS), target]
    return tuple(found)


def _is_blank(text):
    return not _INVISIBLE.sub("", text).strip()


def _joined(pairs):
    return "".join(text for text, _marks in pairs)


def _cut(pairs, length):
    """Return the pairs without their first characters."""
    rest = []
    for text, marks in pairs:
        rest.append((text[length:], marks))
        length = max(0, length - len(text))
    return rest


# ── Lines of marked text → markup ────────────────────────────────────────────────────────────


def markup_from_html(html, *, headings=True, lists=True):
    """Return the light markup of any HTML, in its normal form; there is no HTML it refuses.

    Everything but paragraphs, headings, bullet lists, emphasis and links to http, https and
    `term:key` falls away, its text stays. Where `headings` or `lists` are not wanted, they become
    paragraphs. Numbers of numbered lists become words, `<br>` a new paragraph (in a heading or an
    item a space), a nested list more items, each cell of a table a paragraph.
    """
    html = re.sub(r"(?i)</?(html|body)\b[^<>]*>", "", html)  # after the end nothing would be read
    page = b"<body>" + html.encode("utf-8", "ignore")
    parser = lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    found = []
    for kind, pairs in _Walk(lxml.html.document_fromstring(page, parser)).lines:
        if (kind == "ul" and not lists) or (kind in ("h2", "h3") and not headings):
            kind = "p"
        line = _line(kind, pairs)
        if kind == "ul" and found and found[-1].kind == "ul":
            found[-1].lines.append(line)
        else:
            found.append(markup.Block(kind, [line]))
    marks = {"h2": "## ", "h3": "### ", "p": "", "ul": "- "}
    return markup.normalise(
        "\n\n".join("\n".join(marks[block.kind] + line for line in block.lines) for block in found)
    )


def _line(kind, pairs):
    """Return one line of markup that reads as the pairs do."""
    signs = _tidy(pairs)
    if kind in ("h2", "h3") and all("strong" in marks for _sign, marks in signs):
        _unmark(signs, "strong", 0, len(signs))  # headings are bold as they are
    line = _inline(signs)
    # A paragraph must not open like another block.
    return f"\\{line}" if kind == "p" and re.match(r"(-|###?) ", line) else line


# A line is now a list of signs: one pair (character, marks) each.


def _tidy(pairs):
    """Return the signs of a line: spaces folded, marks only where there is something to mark."""
    signs = []
    for marks, group in groupby(pairs, key=lambda pair: pair[1]):
        text = _INVISIBLE.sub("", "".join(text for text, _marks in group))
        for sign in unicodedata.normalize("NFC", text):
            if not sign.isspace():
                signs.append((sign, marks))
            elif signs and signs[-1][0] != " ":
                signs.append((" ", marks))
    if signs and signs[-1][0] == " ":
        signs.pop()
    _keep_citations_whole(signs)
    for mark, start, end in _stretches(signs):
        inner = _joined(signs[start:end])
        _unmark(signs, mark, start, start + len(inner) - len(inner.lstrip()))
        _unmark(signs, mark, start + len(inner.rstrip()), end)
    return signs


def _keep_citations_whole(signs):
    """Take from citations what marks only a part of them, and links."""
    for citation in _CITATION.finditer(_joined(signs)):
        start, end = citation.span()
        cited = signs[start:end]
        for mark in {mark for _sign, marks in cited for mark in marks}:
            if mark not in _SIGNS or not all(mark in marks for _sign, marks in cited):
                _unmark(signs, mark, start, end)


def _stretches(signs):
    """Return [(mark, start, end)]: how far each mark goes without a gap."""
    found, open_marks = [], {}
    for at, (_sign, marks) in enumerate([*signs, ("", ())]):
        for mark in [mark for mark in open_marks if mark not in marks]:
            found.append((mark, open_marks.pop(mark), at))
        for mark in marks:
            open_marks.setdefault(mark, at)
    return sorted(found, key=lambda stretch: stretch[1:])


def _unmark(signs, mark, start, end):
    signs[start:end] = [
        (sign, tuple(each for each in marks if each != mark)) for sign, marks in signs[start:end]
    ]


def _mark(signs, model, mark, start, end):
    """Give signs a mark that they have in the model, at its place in the order of marks."""
    signs[start:end] = [
        (sign, tuple(each for each in wanted if each in {mark, *marks}))
        for (sign, marks), (_sign, wanted) in zip(signs[start:end], model[start:end], strict=True)
    ]


# How much is tried out on one line: signs that might be markup, and characters read again and
# again. A paragraph of prose has two or three such signs; what has more gets more backslashes.
_MOST_SIGNS = 1000
_MOST_READING = 100_000


def _inline(signs):
    """Return the markup of a line, giving up only those marks that the markup cannot express."""
    for candidate in (signs, _drawn_in(signs)):
        if (line := _expressed(candidate)) is not None:
            return line
    emphasis = [stretch for stretch in _stretches(candidate) if stretch[0] in _SIGNS]
    kept = candidate[:]
    for stretch in emphasis:
        _unmark(kept, *stretch)
    for stretch in emphasis[: _MOST_READING // len(signs)]:
        more = kept[:]
        _mark(more, candidate, *stretch)
        if _read(_written(more, _doubtful(more))) == _meaning(more):
            kept = more
    return _expressed(kept) or _written(kept, _doubtful(kept))


def _expressed(signs):
    """Return markup that reads back as the signs, with as few backslashes as may be, or None."""
    meant = _meaning(signs)
    escaped = _doubtful(signs)
    if len(escaped) <= _MOST_SIGNS and _read(line := _written(signs, ())) == meant:
        return line
    if _read(line := _written(signs, escaped)) != meant:
        return None
    if len(escaped) * len(signs) > _MOST_READING:
        return line
    for at in sorted(escaped, reverse=True):
        shorter = _written(signs, escaped - {at})
        if _read(shorter) == meant:
            escaped, line = escaped - {at}, shorter
    return line


def _doubtful(signs):
    """Return where characters stand that the markup might read as its own."""
    text = _joined(signs)
    cited = {at for found in _CITATION.finditer(text) for at in range(*found.span())}
    return {found.start() for found in re.finditer(r"[\\*_\[\]]|(?<=\])\(", text)} - cited


def _written(signs, escaped):
    """Return the signs with their marks, the longest outside, and backslashes where told."""
    out = []

    def write(start, end, written):
        at = start
        while at < end:
            sign, marks = signs[at]
            ends = {mark: _reach(signs, mark, at, end) for mark in marks if mark not in written}
            if not ends:
                out.append(f"\\{sign}" if at in escaped else sign)
                at += 1
                continue
            mark = max(ends, key=ends.get)  # of equals the first, which is the outermost
            out.append(_SIGNS.get(mark, "["))
            write(at, ends[mark], {*written, mark})
            out.append(_SIGNS.get(mark, f"]({mark})"))
            at = ends[mark]

    write(0, len(signs), set())
    return "".join(out)


def _reach(signs, mark, start, end):
    return next((at for at in range(start, end) if mark not in signs[at][1]), end)


def _meaning(signs):
    return [(sign, frozenset(marks)) for sign, marks in signs]


def _read(line):
    """Return what a line of markup means: [(character, marks)]."""
    signs, marks = [], []
    for token in _tokens(line):
        if token.nesting > 0:
            marks.append(token.attrGet("href") or token.tag)
        elif token.nesting < 0:
            marks.pop()
        else:
            signs.extend((sign, frozenset(marks)) for sign in token.content)
    return signs


def _drawn_in(signs):
    """Return the signs with emphasis drawn in from punctuation that touches a word outside.

    The markup, like all Markdown, cannot open or close there: `a“*b*` stands for `a<em>“b</em>`.
    """

    def is_word(at):
        return 0 <= at < len(signs) and signs[at][0].isalnum()

    drawn = signs[:]
    for mark, start, end in _stretches(signs):
        if mark not in _SIGNS:
            continue
        first, last = start, end
        while first < last and is_word(start - 1) and not is_word(first):
            first += 1
        while last > first and is_word(end) and not is_word(last - 1):
            last -= 1
        _unmark(drawn, mark, start, first)
        _unmark(drawn, mark, last, end)
    _keep_citations_whole(drawn)
    return drawn
