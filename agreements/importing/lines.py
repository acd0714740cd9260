"""The lines of a document, and what reading any kind of file needs."""

import re
import unicodedata
from dataclasses import dataclass

MAX_XML_PART = 32 * 1024 * 1024  # of a part of a .docx when unpacked; it is read as a stream


MAX_LINES = 100_000


MAX_SMALL_PART = 8 * 1024 * 1024  # of a part that is held in memory


@dataclass(slots=True)
class Line:
    """One line of a document, without what its automatic numbering prints before it.

    `label` is that print ("1.", "a)", "•"), `group` the list it belongs to and `level` its depth
    there; outside such lists `group` is "", and `level` is None or (HTML) the depth of the list
    item the line stands in. `continues` says that the line before broke off at the edge of the
    page, so that the two are probably one paragraph. `heading` and `strong` are how it looks.
    `cell` marks cells of tables with many columns.
    """

    text: str
    label: str = ""
    group: str = ""
    level: int | None = None
    continues: bool = False
    heading: bool = False
    strong: bool = False
    cell: bool = False


@dataclass
class Document:
    """The lines of a file; `title` is the one its format keeps apart (HTML), else ''.

    `sparse` is true for pages with hardly a word on each: pictures with a stamp or page number.
    """

    lines: list[Line]
    title: str = ""
    sparse: bool = False


LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\ufff0-\ufffc\ufffe\uffff]"
)


_SYMBOL_FONT = re.compile("[\ue000-\uf8ff]")


_WRITTEN_OUT = str.maketrans(
    dict(
        zip(
            "ﬀﬁﬂﬃﬄﬅﬆǆǅǄǉǈǇǌǋǊ",
            "ff fi fl ffi ffl st st dž Dž DŽ lj Lj LJ nj Nj NJ".split(),
            strict=True,
        )
    )
    | {"‐": "-", "‑": "-", "\u2024": "."}
)


def clean(text):
    """Return text in NFC without what nobody sees, on one line, white space folded.

    >>> clean("Član\\xa01.\\tSpo\\xadrazum \\u200b o\\n\\ue0b7")
    'Član 1. Sporazum o •'
    """
    text = _INVISIBLE.sub("", LINE_ENDS.sub("\n", text))
    text = _SYMBOL_FONT.sub("•", text.translate(_WRITTEN_OUT))
    return " ".join(unicodedata.normalize("NFC", text).split())


def cleaned(line):
    line.text, line.label = clean(line.text), clean(line.label)
    return line


def xml_parser(**options):
    """Return lxml's XML parser, which resolves nothing and fetches nothing."""
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        **options,
    )


def is_broken(piece):
    """Tell whether a line break by hand is one for the width, and not one between two lines."""
    return len(piece) > 50 and piece.strip()[-1:] not in ".;:!?"


# A number that stands alone in the first cell of a row belongs to the text in the next cell.
_ALONE = re.compile(r"[(]?(?:\d{1,3}|[^\W\d_]{1,4}|\d{1,2}\.\d{1,2})[.)]{1,2}$|[•–—-]$")


class Row:
    """The cells of one row of a table, as lines in reading order."""

    def __init__(self):
        self.cells = []

    def lines(self):
        cells = [cell for cell in self.cells if cell]
        if len(cells) >= 2 and len(cells[0]) == 1 and not cells[0][0].label:
            number, first = cells[0][0].text.strip(), cells[1][0]
            if number.isdecimal() and len(cells) == 2:
                number += "."
            if _ALONE.match(number) and not first.label:
                first.text = f"{number} {first.text}"
                del cells[0]
        many = len(cells) >= 3
        for cell in cells:
            for line in cell:
                line.cell = line.cell or many
                yield line
