"""From an official agreement as a file (.docx, .html, .txt, .pdf) to its numbered provisions.

`sandbox.read` and `sandbox.read_file` are the way in: they read in a child process that has limits
of time and memory and no database. In it `documents` turns a file into lines, `numbering` finds the
provisions by the document's own numbers, and `language` tells language and script. What comes back
is a FoundText, or an UnreadableDocument whose message an editor can act on.

A text keeps the script it is printed in. It comes in the normal form of the light markup
(paragraphs, "- " lists); characters that the markup would read ("[@x]", "*") stay as printed.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy

MAX_BYTES = 20 * 1024 * 1024  # of the file
MAX_PAGES = 500  # of a PDF
MAX_CHARACTERS = 2_000_000  # of the text
MAX_PROVISIONS = 2_000


@dataclass(frozen=True)
class FoundProvision:
    """One numbered point as printed.

    `number` has no punctuation and no keyword ("1", "a", "IV", "1.2", "5a"; but "Annex 1").
    `parent` is the path of the point it stands in, None at the top. A path is the numbers from the
    top joined by dots: "4", "4.a", "4.a.ii". A number that already holds its parent's is not
    repeated: "1.2" under "1" has the path "1.2".
    """

    number: str
    heading: str
    text: str
    parent: str | None

    @property
    def path(self):
        """The path that this provision's own children have as their parent."""
        return path_of(self.number, self.parent)


@dataclass(frozen=True)
class FoundText:
    """What was found in a file.

    `language` is sq, sr or en; `script` is Latn or Cyrl. `left_out` are the lines that belong to
    no provision (preamble, names of chapters, signatures); `original` is the whole text as read,
    numbers included, one line a paragraph, to be shown beside the provisions.
    """

    language: str
    script: str
    title: str
    provisions: list[FoundProvision] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    original: str = ""


def path_of(number, parent):
    """Return the path of a provision from its number and its parent's path.

    >>> path_of("a", "4"), path_of("1.2", "1"), path_of("3.1", "5.3"), path_of("7", None)
    ('4.a', '1.2', '5.3.1', '7')
    """
    if not parent:
        return number
    own = parent.rpartition(".")[2]
    if number.startswith(f"{parent}."):
        return number
    if number.startswith(f"{own}."):
        return f"{parent}{number[len(own) :]}"
    return f"{parent}.{number}"


class UnreadableDocument(Exception):
    """A file from which no provisions can be taken. `reason` is a key of REASONS.

    str() is a sentence for the editor, in the active language. `ending` and `kind` (a key of
    KINDS) say what a file is called and what it is.
    """

    def __init__(self, reason, *, ending="", kind=""):
        super().__init__(reason)
        self.reason, self.ending, self.kind = reason, ending, kind

    def __reduce__(self):
        return (_unreadable, (self.reason, self.ending, self.kind))

    def __str__(self):
        kind = KINDS.get(self.kind, KINDS["unknown"])
        return REASONS[self.reason] % {"ending": self.ending, "kind": kind}


def _unreadable(reason, ending, kind):
    return UnreadableDocument(reason, ending=ending, kind=kind)


REASONS = {
    "missing": gettext_lazy("There is no such file."),
    "not-a-file": gettext_lazy("This is not a file."),
    "forbidden": gettext_lazy("This file may not be opened."),
    "empty": gettext_lazy("This file is empty."),
    "oversized": gettext_lazy(
        "This file is too large: at most 20 MB, 500 pages, 2 million characters and 2,000 points"
        " can be read."
    ),
    "too-slow": gettext_lazy("Reading this file takes too long. Save it anew and try again."),
    "encrypted": gettext_lazy(
        "This file is protected with a password. Save a copy without the password."
    ),
    "no-text": gettext_lazy(
        "This file holds pictures of pages but no text. Choose a file with text in it."
    ),
    "mislabelled": gettext_lazy(
        "The name of this file ends in %(ending)s, but it seems to be %(kind)s."
        " Correct the name or save the file anew."
    ),
    "unsupported": gettext_lazy(
        "This seems to be %(kind)s, which cannot be read. Save it as .docx, .html, .txt or .pdf."
    ),
    "broken": gettext_lazy("This file is damaged or incomplete. Save it anew and try again."),
    "encoding": gettext_lazy("The letters of this file cannot be made out. Save it as UTF-8."),
    "no-numbering": gettext_lazy(
        "No numbered points were found in this file. Number them as 1., Article 1 or a)."
    ),
    "unknown-language": gettext_lazy(
        "The language of this text is not clear. It has to be Albanian, Serbian or English."
    ),
}

KINDS = {
    "docx": gettext_lazy("a Word document (.docx)"),
    "html": gettext_lazy("a web page (.html)"),
    "txt": gettext_lazy("plain text (.txt)"),
    "pdf": gettext_lazy("a PDF document (.pdf)"),
    "doc": gettext_lazy("a document of an old Office program (.doc)"),
    "odt": gettext_lazy("an OpenDocument file (.odt)"),
    "rtf": gettext_lazy("rich text (.rtf)"),
    "mht": gettext_lazy("an archived web page (.mht)"),
    "xml": gettext_lazy("an XML file"),
    "spreadsheet": gettext_lazy("a spreadsheet"),
    "presentation": gettext_lazy("a presentation"),
    "e-book": gettext_lazy("an e-book"),
    "picture": gettext_lazy("a picture"),
    "recording": gettext_lazy("a sound or video recording"),
    "program": gettext_lazy("a program"),
    "archive": gettext_lazy("an archive of files"),
    "unknown": gettext_lazy("a file of an unknown kind"),
}
