"""What must not stand in any log."""

import logging
import re

_LINK = re.compile(r"(/review/enter/)[^/\s?\"']+")


class WithoutLinks(logging.Filter):
    """Take the secret out of addresses of links to reviews, wherever a record holds one."""

    def filter(self, record):
        try:
            record.msg = _LINK.sub(r"\1…", record.getMessage())
        except (TypeError, ValueError):  # arguments that do not fit: the handler says so itself
            return True
        record.args = ()
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text = _LINK.sub(r"\1…", text)
        return True
