"""Word documents (.docx): as if all changes were accepted, with the numbers that Word prints."""

import io
import re
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass

from agreements.importing import MAX_CHARACTERS, UnreadableDocument

from .lines import (
    MAX_LINES,
    MAX_SMALL_PART,
    MAX_XML_PART,
    Document,
    Line,
    Row,
    is_broken,
    xml_parser,
)

_W = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
)


ZIP_FAULTS = (EOFError, OSError, NotImplementedError, RuntimeError, ValueError, KeyError)


def read_word(data):
    from lxml import etree

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(entry.flag_bits & 1 for entry in archive.infolist()):
                raise UnreadableDocument("encrypted")
            package = _Package(archive)
            styles = _Styles(package.related("styles"))
            numbering = _Numbering(package.related("numbering"), styles)
            return Document(_WordText(styles, numbering).lines(package.stream()))
    except (zipfile.BadZipFile, zlib.error, etree.LxmlError, *ZIP_FAULTS) as fault:
        raise UnreadableDocument("oversized" if "memory" in str(fault) else "broken") from fault


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than a limit: an archive may unpack without end."""

    def __init__(self, stream, limit):
        self._stream, self._left = stream, limit

    def readable(self):
        return True

    def read(self, size=-1):
        wanted = self._left + 1 if size is None or size < 0 else size
        piece = self._stream.read(wanted)
        self._left -= len(piece)
        if self._left < 0:
            raise UnreadableDocument("oversized")
        return piece


class _Package:
    """The parts of a .docx that say what it reads like."""

    def __init__(self, archive):
        self.archive, self.names = archive, set(archive.namelist())
        main = self._targets("_rels/.rels", "").get("officeDocument", "word/document.xml")
        self.main = main if main in self.names else "word/document.xml"
        if self.main not in self.names:
            raise UnreadableDocument("broken")
        if archive.getinfo(self.main).file_size > MAX_XML_PART:
            raise UnreadableDocument("oversized")
        folder, _slash, name = self.main.rpartition("/")
        self._related = self._targets(f"{folder}/_rels/{name}.rels", folder)
        self._folder = folder

    def stream(self):
        self._refuse_declarations(self.main)
        return _Bounded(self.archive.open(self.main), MAX_XML_PART)

    def related(self, kind):
        """Return the root of "styles" or "numbering", None where the document has none."""
        return self._tree(self._related.get(kind, f"{self._folder}/{kind}.xml"))

    def _tree(self, name):
        from lxml import etree

        if name not in self.names:
            return None
        self._refuse_declarations(name)
        data = _Bounded(self.archive.open(name), MAX_SMALL_PART).read()
        return etree.fromstring(data, xml_parser())

    def _targets(self, name, folder):
        """Return the parts that a part refers to, by the last word of their kind."""
        tree = self._tree(name)
        if tree is None:
            return {}
        targets = {}
        for relation in tree:
            target = relation.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".strip("/")
            targets.setdefault(relation.get("Type", "").rpartition("/")[2], path)
        return targets

    def _refuse_declarations(self, name):
        """Raise for a part that declares entities: no program writes such, only an attack."""
        with self.archive.open(name) as part:
            start = part.read(4096).replace(b"\x00", b"")
        if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
            raise UnreadableDocument("broken")


def _name(element):
    """Return an element's name if it is Word's own, else '' ("a:t" of a drawing is no text)."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    namespace, _brace, name = tag.rpartition("}")
    return name if f"{namespace}}}" in _W else ""


def _child(element, *path):
    """Return the descendant at a path of Word's names, or None."""
    for wanted in path:
        if element is None:
            return None
        element = next((child for child in element if _name(child) == wanted), None)
    return element


def _value(element, name="val"):
    """Return an attribute in Word's namespace, None where element or attribute is missing."""
    if element is None:
        return None
    return next((element.get(space + name) for space in _W if space + name in element.attrib), None)


def _number(element, default=None):
    value = _value(element)
    return int(value) if value and re.fullmatch(r"-?\d{1,9}", value) else default


def _is_on(element):
    """Tell whether a switch such as <w:b/> is there and on."""
    return element is not None and _value(element) not in ("0", "false", "off", "none")


@dataclass
class _Style:
    based_on: str = ""
    name: str = ""
    bold: bool | None = None
    list_number: str | None = None
    list_level: int | None = None
    outlined: bool = False


class _Styles:
    """The named styles: which are headings, which are bold, which number their paragraphs."""

    def __init__(self, root):
        self.styles, self.default = {}, ""
        for element in root if root is not None else ():
            if _name(element) != "style":
                continue
            key = _value(element, "styleId") or ""
            if _value(element, "type") == "paragraph" and _value(element, "default") in (
                "1",
                "true",
            ):
                self.default = key
            bold = _child(element, "rPr", "b")
            numbering = _child(element, "pPr", "numPr")
            outline = _number(_child(element, "pPr", "outlineLvl"), 9)
            self.styles[key] = _Style(
                based_on=_value(_child(element, "basedOn")) or "",
                name=(_value(_child(element, "name")) or "").lower(),
                bold=None if bold is None else _is_on(bold),
                list_number=_value(_child(numbering, "numId")) if numbering is not None else None,
                list_level=_number(_child(numbering, "ilvl")) if numbering is not None else None,
                outlined=outline < 9,
            )

    def chain(self, key):
        """Return a style and those it is based on, nearest first."""
        seen = []
        while key in self.styles and key not in seen and len(seen) < 30:
            seen.append(key)
            key = self.styles[key].based_on
        return [(name, self.styles[name]) for name in seen]

    def is_heading(self, key):
        return any(
            style.outlined
            or style.name.startswith("heading")
            or style.name in ("title", "subtitle")
            for _key, style in self.chain(key)
        )

    def is_bold(self, key):
        return next((s.bold for _key, s in self.chain(key) if s.bold is not None), False)

    def is_contents(self, key):
        """Tell whether it is for a table of contents, which repeats headings."""
        return any(style.name.startswith(("toc ", "table of")) for _key, style in self.chain(key))


@dataclass
class _Level:
    format: str = "decimal"
    print: str = ""
    start: int = 1
    restart: int | None = None
    legal: bool = False
    style: str = ""


class _Numbering:
    """Word's automatic numbers, counted as Word counts them.

    Paragraphs name a list instance (`num`); instances of one abstract list share its counters,
    unless an instance says that it starts anew.
    """

    def __init__(self, root, styles):
        self.styles = styles
        self.abstract, self.links, self.style_links, self.instances = {}, {}, {}, {}
        self.counters = defaultdict(dict)
        self.begun = set()
        for element in root if root is not None else ():
            if _name(element) == "abstractNum":
                self._add_abstract(element)
            elif _name(element) == "num":
                self._add_instance(element)

    def _add_abstract(self, element):
        key = _value(element, "abstractNumId")
        self.abstract[key] = dict(_level(child) for child in element if _name(child) == "lvl")
        if link := _value(_child(element, "numStyleLink")):
            self.links[key] = link
        if link := _value(_child(element, "styleLink")):
            self.style_links[link] = key

    def _add_instance(self, element):
        starts, levels = {}, {}
        for override in element:
            if _name(override) != "lvlOverride":
                continue
            at = int(_value(override, "ilvl") or 0)
            start = _number(_child(override, "startOverride"))
            if start is not None:
                starts[at] = start
            if (level := _child(override, "lvl")) is not None:
                levels[at] = _level(level)[1]
        key = _value(element, "numId")
        self.instances[key] = (_value(_child(element, "abstractNumId")), starts, levels)

    def _levels(self, number):
        """Return the abstract list of an instance and its levels, with the instance's changes."""
        abstract, starts, changed = self.instances[number]
        if abstract in self.links:
            abstract = self.style_links.get(self.links[abstract], abstract)
        return abstract, starts, self.abstract.get(abstract, {}) | changed

    def place(self, properties, style):
        """Return (instance, level) of a paragraph, None if it has no number.

        The paragraph's own numPr comes first, then those of its styles. A level may name the style
        that it numbers.
        """
        own = _child(properties, "numPr") if properties is not None else None
        number = _value(_child(own, "numId")) if own is not None else None
        at = _number(_child(own, "ilvl")) if own is not None else None
        if number is None:
            for key, named in self.styles.chain(style):
                if named.list_number is not None:
                    number = named.list_number
                    if at is None:
                        at = self._level_of_style(number, key, named.list_level)
                    break
        if number is None or number == "0" or number not in self.instances:
            return None
        return number, min(max(at or 0, 0), 8)

    def _level_of_style(self, number, style, default):
        if number in self.instances:
            for at, level in self._levels(number)[2].items():
                if level.style == style:
                    return at
        return default

    def label(self, number, at):
        """Count one paragraph; return (what is printed before it, its list)."""
        abstract, starts, levels = self._levels(number)
        level, counters = levels.get(at, _Level()), self.counters[abstract]
        if at in starts and (number, at) not in self.begun:
            counters[at] = starts[at]
        elif at in counters:
            counters[at] += 1
        else:
            counters[at] = level.start
        self.begun.add((number, at))
        for deeper in [key for key in counters if key > at]:
            restart = levels.get(deeper, _Level()).restart
            if restart is None or (restart > 0 and at < restart):
                del counters[deeper]
        if level.format == "bullet":
            return "•", abstract

        def printed(match):
            shown = int(match[1]) - 1
            of = levels.get(shown, _Level())
            count = counters.get(shown, of.start)
            return formatted(count, "decimal" if level.legal else of.format)

        return re.sub(r"%([1-9])", printed, level.print), abstract


def _level(element):
    """Return the (index, _Level) of a <w:lvl>."""
    form = next((child for child in element.iter() if _name(child) == "numFmt"), None)
    return int(_value(element, "ilvl") or 0), _Level(
        format=_value(form) or "decimal",
        print=_value(_child(element, "lvlText")) or "",
        start=_number(_child(element, "start"), 0),
        restart=_number(_child(element, "lvlRestart")),
        legal=_is_on(_child(element, "isLgl")),
        style=_value(_child(element, "pStyle")) or "",
    )


_LATIN = "abcdefghijklmnopqrstuvwxyz"


_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщыэюя"  # Word has no other Cyrillic counting


_ROMAN = dict(
    zip(
        "m cm d cd c xc l xl x ix v iv i".split(),
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        strict=True,
    )
)


def roman(number):
    """Return a number in Roman letters, lower case.

    >>> roman(14), roman(49)
    ('xiv', 'xlix')
    """
    letters = ""
    for sign, value in _ROMAN.items():
        times, number = divmod(number, value)
        letters += sign * times
    return letters


def formatted(number, form):
    """Return a number as Word and browsers print it; an unknown form is printed in digits.

    >>> [formatted(28, form) for form in ("decimal", "lowerLetter", "upperRoman", "decimalZero")]
    ['28', 'bb', 'XXVIII', '28']
    """
    if form == "none":
        return ""
    if form == "decimalZero":
        return f"{number:02}"
    if form in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        return roman(number) if form == "lowerRoman" else roman(number).upper()
    alphabet = _RUSSIAN if form.startswith("russian") else _LATIN
    if form in ("lowerLetter", "upperLetter", "russianLower", "russianUpper") and 0 < number < 800:
        times, at = divmod(number - 1, len(alphabet))
        letters = alphabet[at] * (times + 1)
        return letters if form in ("lowerLetter", "russianLower") else letters.upper()
    return str(number)


_TRANSPARENT = frozenset(
    "ins moveTo hyperlink smartTag fldSimple sdt sdtContent customXml dir bdo".split()
)


_BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


class _WordText:
    """The paragraphs of a Word document as a reader sees them with all changes accepted."""

    def __init__(self, styles, numbering):
        self.styles, self.numbering = styles, numbering
        self.held = ""  # of paragraphs whose end was deleted: they run into the next one
        self.characters = self.paragraphs = 0

    def lines(self, stream):
        """Read the main part piece by piece, since its tree may be ten times its size."""
        from lxml import etree

        lines, known = [], {space + name for space in _W for name in ("p", "tbl", "sdt")}
        events = etree.iterparse(
            stream,
            events=("end",),
            tag=tuple(known),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for _event, element in events:
            parent = element.getparent()
            if parent is None or _name(parent) != "body":
                continue
            lines.extend(self._block(element))
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
        return lines

    def _block(self, element):
        name = _name(element)
        if name == "p":
            yield from self._paragraph(element)
        elif name == "tbl":
            yield from self._table(element)
        elif name in _TRANSPARENT and not _is_contents(element):
            for child in element:
                yield from self._block(child)

    def _table(self, table):
        for part in table:
            if _name(part) in _TRANSPARENT:
                yield from self._table(part)
            if _name(part) != "tr" or _child(part, "trPr", "del") is not None:
                continue
            row = Row()
            for cell in self._cells(part):
                row.cells.append([line for block in cell for line in self._block(block)])
            yield from row.lines()

    def _cells(self, row):
        for part in row:
            if _name(part) == "tc":
                yield part
            elif _name(part) in _TRANSPARENT:
                yield from self._cells(part)

    def _paragraph(self, paragraph):
        properties = _child(paragraph, "pPr")
        style = _value(_child(properties, "pStyle")) if properties is not None else None
        style = style if style in self.styles.styles else self.styles.default
        if self.styles.is_contents(style):
            return
        run = _Runs(self.styles, self.styles.is_bold(style))
        run.read(paragraph)
        text, self.held = self.held + run.text(), ""
        mark = _child(properties, "rPr") if properties is not None else None
        if mark is not None and any(_name(sign) in ("del", "moveFrom") for sign in mark):
            self.held = text
            return
        self.characters += len(text)
        self.paragraphs += 1
        if self.characters > MAX_CHARACTERS or self.paragraphs > MAX_LINES:
            raise UnreadableDocument("oversized")
        yield from self._printed(text, properties, style, run, mark)
        for box in run.boxes:
            for block in box:
                yield from self._block(block)

    def _printed(self, text, properties, style, run, mark):
        """Yield the lines of one paragraph with its number."""
        label, group, level = "", "", None
        place = self.numbering.place(properties, style)
        hidden = mark is not None and _is_on(_child(mark, "vanish")) and not text.strip()
        if place and not hidden:
            label, group = self.numbering.label(*place)
            level = place[1]
        outlined = _number(_child(properties, "outlineLvl"), 9) if properties is not None else 9
        heading = self.styles.is_heading(style) or outlined < 9
        pieces = text.strip().split("\n")
        for at, piece in enumerate(pieces):
            first = at == 0
            yield Line(
                piece,
                label=label if first else "",
                group=group if first and label not in ("", "•") else "",
                level=level if first and label not in ("", "•") else None,
                continues=not first and is_broken(pieces[at - 1]),
                heading=heading,
                strong=run.strong,
            )


def _is_contents(block):
    """Tell whether a content control is the table of contents, which repeats the headings."""
    kind = _value(_child(block, "sdtPr", "docPartObj", "docPartGallery"))
    return kind == "Table of Contents"


class _Runs:
    """The visible text of one paragraph; `strong` if all of it is bold, `boxes` its text boxes."""

    def __init__(self, styles, bold):
        self.styles, self.bold = styles, bold
        self.pieces, self.boxes = [], []
        self.bold_letters = self.letters = 0

    @property
    def strong(self):
        return bool(self.letters) and self.bold_letters == self.letters

    def text(self):
        return "".join(self.pieces)

    def read(self, parent):
        for element in parent:
            name = _name(element)
            if name == "r":
                self._run(element)
            elif name in _TRANSPARENT:
                self.read(element)
            elif element.tag is not None and str(element.tag).endswith("}AlternateContent"):
                self._alternatives(element)

    def _run(self, run):
        properties = _child(run, "rPr")
        if properties is not None and _is_on(_child(properties, "vanish")):
            return
        bold = self._is_bold(properties)
        for element in run:
            name = _name(element)
            if name == "t":
                self._add(element.text or "", bold)
            elif name in _BREAKS:
                self.pieces.append(_BREAKS[name])
            elif name == "sym":
                self.pieces.append("•")
            elif name == "ruby":
                for base in element:
                    if _name(base) == "rubyBase":
                        self.read(base)
            elif name in ("drawing", "pict", "object"):
                self._boxes(element)
            elif str(element.tag).endswith("}AlternateContent"):
                self._alternatives(element)

    def _is_bold(self, properties):
        own = _child(properties, "b") if properties is not None else None
        if own is not None:
            return _is_on(own)
        named = _value(_child(properties, "rStyle")) if properties is not None else None
        return self.bold or bool(named and self.styles.is_bold(named))

    def _add(self, text, bold):
        self.pieces.append(text)
        letters = sum(map(str.isalnum, text))
        self.letters += letters
        self.bold_letters += letters if bold else 0

    def _alternatives(self, element):
        """Read the first way of drawing that has text: the others repeat it for older programs."""
        for choice in element:
            before = len(self.boxes), len(self.pieces)
            self._boxes(choice)
            for inner in choice:
                if _name(inner) == "r":
                    self._run(inner)
            if (len(self.boxes), len(self.pieces)) != before:
                return

    def _boxes(self, element):
        for inner in element.iter(*(space + "txbxContent" for space in _W)):
            outer = inner.getparent()
            while outer is not None and outer is not element:
                if str(outer.tag).endswith(("}Fallback", "}txbxContent")):
                    break
                outer = outer.getparent()
            else:
                self.boxes.append(inner)
