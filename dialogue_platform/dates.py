"""Dates as each language writes them inside a sentence.

Albanian writes "2 shtator 2011", Serbian "2. септембра 2011." (genitive, with its dots), English
"2 September 2011". Django's own formats have capital months in Albanian and nominatives in Serbian.
"""

import datetime

from django.utils import timezone

from dialogue_platform.languages import current

DAY, MONTH, YEAR = "day", "month", "year"

_MONTHS = {
    "sq": ("janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor").split(),
    "sr": (
        "јануар фебруар март април мај јун јул август септембар октобар новембар децембар"
    ).split(),
    "en": (
        "January February March April May June July August September October November December"
    ).split(),
}
_MONTHS_GENITIVE_SR = (
    "јануара фебруара марта априла маја јуна јула августа септембра октобра новембра децембра"
).split()


def partial_date(text):
    """Return (date, precision) of 2021, 2021-10 or 2021-10-04; missing parts are the first.

    Raises ValueError for anything else.

    >>> partial_date("2021-10")
    (datetime.date(2021, 10, 1), 'month')
    """
    parts = text.split("-")
    if [len(part) for part in parts] != [4, 2, 2][: len(parts)] or not text.isascii():
        raise ValueError(text)
    numbers = [int(part) for part in parts]
    return datetime.date(*numbers, *[1] * (3 - len(numbers))), (YEAR, MONTH, DAY)[len(parts) - 1]


def machine(date, precision):
    """Return a date as machines write it, only as exact as it is known: the way back."""
    return date.strftime({DAY: "%Y-%m-%d", MONTH: "%Y-%m", YEAR: "%Y"}[precision])


def written(date, precision=DAY, stored=None):
    """Return a date in words, only as exact as it is known.

    `precision` is "day", "month" or "year"; `stored` is the language of the text, the reader's
    unless given. Serbian comes in Cyrillic, like every stored text.

    >>> import datetime
    >>> written(datetime.date(2011, 9, 2), stored="sr")
    '2. септембра 2011.'
    >>> written(datetime.date(2026, 3, 1), "month", stored="sq")
    'mars 2026'
    """
    language = stored or current().stored
    serbian = language == "sr"
    if precision == YEAR:
        return f"{date.year}." if serbian else str(date.year)
    month = _MONTHS[language][date.month - 1]
    if precision == MONTH:
        return f"{month} {date.year}." if serbian else f"{month} {date.year}"
    if serbian:
        return f"{date.day}. {_MONTHS_GENITIVE_SR[date.month - 1]} {date.year}."
    return f"{date.day} {month} {date.year}"


def written_moment(moment, stored=None):
    """Return a moment in words, to the minute, on the platform's clock."""
    local = timezone.localtime(moment)
    return f"{written(local, stored=stored)}, {local:%H:%M}"


def month_names(stored):
    """Return {name: number} of the months in a stored language, in the forms that dates use."""
    names = {name: number for number, name in enumerate(_MONTHS[stored], 1)}
    if stored == "sr":
        names |= {name: number for number, name in enumerate(_MONTHS_GENITIVE_SR, 1)}
    return names
