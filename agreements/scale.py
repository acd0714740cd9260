"""The scale of implementation as readers see it: names of levels, and their written tests."""

from django.utils.translation import gettext_lazy

from .implementation import NOT_ASSESSED
from .models import Level
from .models.obligation import CONFIDENCE_TESTS, LEVEL_TESTS


def level_label(level):
    return gettext_lazy("not assessed yet") if level == NOT_ASSESSED else Level(level).label


def levels_on(found):
    """Return [(level, label, its written test)] of the levels that occur in the assessments."""
    occurring = {each.level for each in found}
    return [(each.value, each.label, LEVEL_TESTS[each]) for each in Level if each in occurring]


def scale():
    """Return every level and every confidence with its written test, for the page of the method."""
    return {
        "levels": [(each.value, each.label, LEVEL_TESTS[each]) for each in Level],
        "confidences": [(each.label, test) for each, test in CONFIDENCE_TESTS.items()],
    }
