"""The public pages: each view fits in one glance, and is the same for every visitor."""

from .about import about_page
from .agreement import agreement_difference, agreement_history, agreement_page
from .agreement_list import agreement_list
from .glossary import glossary
from .home import home
from .implementation import agreement_implementation, implementation_list, obligation_page
from .obstacles import obstacle_list, obstacle_page
from .original import original
from .timeline import phases, timeline

__all__ = [
    "about_page",
    "agreement_difference",
    "agreement_history",
    "agreement_implementation",
    "agreement_list",
    "agreement_page",
    "glossary",
    "home",
    "implementation_list",
    "obligation_page",
    "obstacle_list",
    "obstacle_page",
    "original",
    "phases",
    "timeline",
]
