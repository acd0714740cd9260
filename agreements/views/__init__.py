"""The public pages: each view fits in one glance, and is the same for every visitor."""

from .about import about_page
from .agreement import agreement_difference, agreement_history, agreement_page
from .agreement_list import agreement_list
from .glossary import glossary
from .home import home
from .original import original

__all__ = [
    "about_page",
    "agreement_difference",
    "agreement_history",
    "agreement_list",
    "agreement_page",
    "glossary",
    "home",
    "original",
]
