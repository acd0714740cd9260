"""Web pages (.html): what a reader sees, with the numbers of its lists."""

import re
from dataclasses import dataclass, field

from agreements.importing import UnreadableDocument

from .lines import Document, Line, Row, clean, is_broken
from .plain import flowed
from .word import formatted

_BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main ol p pre section summary"
    " table tbody td tfoot th thead tr ul".split()
)


_SKIPPED_TAGS = frozenset(
    "script style noscript template nav head title button select option datalist textarea svg math"
    " iframe object embed audio video canvas map del dialog menu rt rp".split()
)


_SKIPPED_ROLES = frozenset("navigation banner contentinfo search menu dialog".split())


_SKIPPED_CLASSES = frozenset(
    "breadcrumb breadcrumbs cookie cookies cookie-banner cookie-notice navbar navigation sidebar"
    " menu site-header site-footer skip-link pagination share-buttons".split()
)


_LIST_TYPES = {
    "1": "decimal",
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "decimal": "decimal",
    "decimal-leading-zero": "decimalZero",
    "lower-alpha": "lowerLetter",
    "lower-latin": "lowerLetter",
    "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter",
    "lower-roman": "lowerRoman",
    "upper-roman": "upperRoman",
    "none": "none",
    "disc": "bullet",
    "circle": "bullet",
    "square": "bullet",
}


def read_html(text):
    from lxml import etree, html

    # The declaration is no longer true once the text is decoded.
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    try:
        # Surrogates are possible only in what was decoded wrongly.
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError) as fault:
        raise UnreadableDocument("empty" if "empty" in str(fault).lower() else "broken") from fault
    page = _Page()
    page.read(_main_part(root))
    title = root.find(".//title")
    return Document(page.lines, clean(title.text_content()) if title is not None else "")


def _main_part(root):
    """Return <main>, or a single <article>, if it holds most of the page's words."""
    whole = len(root.text_content())
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = root.findall(path)
        if len(found) == 1 and len(found[0].text_content()) > whole * 0.5:
            return found[0]
    return root


@dataclass
class _OpenList:
    """An <ol> or <ul> that is being read: what its next item gets."""

    form: str
    next: int = 1
    step: int = 1


@dataclass
class _Page:
    """The reading of a page from its first element to its last, without recursion."""

    lines: list = field(default_factory=list)
    pieces: list = field(default_factory=list)  # of the open line; "\n" is a <br>
    lists: list = field(default_factory=list)
    depth: int = 0  # of numbered items around
    label: str = ""
    strong: int = 0  # of elements around that are bold
    headings: int = 0
    letters: int = 0
    bold_letters: int = 0
    rows: list = field(default_factory=list)

    def read(self, root):
        stack = [(root, iter(root), self._open(root))]
        while stack:
            element, children, close = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                close()
                if stack:
                    self._text(element.tail)
            elif not isinstance(child.tag, str) or _is_skipped(child):
                self._text(child.tail)
            elif child.tag == "br":
                self.pieces.append("\n")
                self._text(child.tail)
            elif child.tag == "pre":
                self._end_line()
                self.lines.extend(flowed(child.text_content()))
                self._text(child.tail)
            else:
                stack.append((child, iter(child), self._open(child)))
        self._end_line()

    def _open(self, element):
        """Begin an element; return what ends it."""
        tag, undo = element.tag, []
        style = (element.get("style") or "").lower().replace(" ", "")
        if tag in _BLOCK_TAGS:
            self._end_line()
            undo.append(self._end_line)
        if tag in ("b", "strong", "th") or re.search(r"font-weight:(bold|[6-9]00)", style):
            self.strong += 1
            undo.append(lambda: self._less("strong"))
        if re.fullmatch("h[1-6]", tag):
            self.headings += 1
            undo.append(lambda: self._less("headings"))
        if tag in ("ol", "ul"):
            self.lists.append(_open_list(element, style))
            undo.append(self.lists.pop)
        elif tag == "li":
            undo.extend(self._open_item(element, style))
        elif tag == "tr":
            self.rows.append((len(self.lines), Row()))
            undo.append(self._close_row)
        elif tag in ("td", "th") and self.rows:
            start = len(self.lines)
            undo.append(lambda: self._close_cell(start))
        elif tag == "hr":
            self.pieces.append("____")
        self._text(element.text)

        def close():
            for step in undo:
                step()

        return close

    def _open_item(self, item, style):
        inside = self.lists[-1] if self.lists else _OpenList("bullet")
        if re.fullmatch(r"-?\d{1,6}", item.get("value") or "") and inside.form != "bullet":
            inside.next = int(item.get("value"))
        form = _LIST_TYPES.get(item.get("type") or "", inside.form)
        if shown := re.search(r"list-style(?:-type)?:([a-z-]+)", style):
            form = _LIST_TYPES.get(shown[1], form)
        number = formatted(inside.next, form)
        inside.next += inside.step
        if form == "bullet":
            self.label = "•"
            return []
        if form == "none":
            return []
        self.label = f"{number}."
        self.depth += 1
        return [self._forget_label, lambda: self._less("depth")]

    def _forget_label(self):
        self.label = ""

    def _less(self, name):
        setattr(self, name, getattr(self, name) - 1)

    def _close_cell(self, start):
        self._end_line()
        row_start, row = self.rows[-1]
        if start >= row_start:
            row.cells.append(self.lines[start:])
            del self.lines[start:]

    def _close_row(self):
        _start, row = self.rows.pop()
        self.lines.extend(row.lines())

    def _text(self, text):
        if not text:
            return
        self.pieces.append(re.sub(r"\s+", " ", text))
        letters = sum(map(str.isalnum, text))
        self.letters += letters
        self.bold_letters += letters if self.strong else 0

    def _end_line(self):
        text = "".join(self.pieces)
        strong = bool(self.letters) and self.bold_letters == self.letters
        self.pieces, self.letters, self.bold_letters = [], 0, 0
        continues = False
        for piece in text.split("\n"):
            if not piece.strip():
                continues = False  # two <br> set paragraphs apart
                continue
            numbered = self.label not in ("", "•")
            self.lines.append(
                Line(
                    piece,
                    label=self.label,
                    group="html" if numbered else "",
                    level=self.depth,
                    continues=continues,
                    heading=self.headings > 0,
                    strong=strong,
                )
            )
            self.label = ""
            continues = is_broken(piece)


def _open_list(element, style):
    form = "bullet" if element.tag == "ul" else "decimal"
    form = _LIST_TYPES.get(element.get("type") or "", form)
    if shown := re.search(r"list-style(?:-type)?:([a-z-]+)", style):
        form = _LIST_TYPES.get(shown[1], form)
    if element.tag == "ul" and form != "none":
        form = "bullet"
    backwards = element.get("reversed") is not None
    start = len(element.findall("li")) if backwards else 1
    if re.fullmatch(r"-?\d{1,6}", element.get("start") or ""):
        start = int(element.get("start"))
    return _OpenList(form, start, -1 if backwards else 1)


def _is_skipped(element):
    """Tell whether readers do not see an element, or it is the site's and not the document's."""
    style = (element.get("style") or "").lower().replace(" ", "")
    if (
        element.tag in _SKIPPED_TAGS
        or element.get("hidden") is not None
        or "display:none" in style
        or "visibility:hidden" in style
        or (element.get("role") or "") in _SKIPPED_ROLES
        or _SKIPPED_CLASSES.intersection((element.get("class") or "").lower().split())
    ):
        return True
    if element.tag in ("header", "footer"):
        return not any(outer.tag in ("article", "main") for outer in element.iterancestors())
    if element.tag == "sup":  # a reference to a note, not a power
        return element.find(".//a") is not None and bool(
            re.fullmatch(r"[\s\[(]*[\d*†]{1,3}[\s\])]*", element.text_content())
        )
    return False
