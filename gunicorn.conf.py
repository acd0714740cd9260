"""How gunicorn serves the site; it reads this file by itself."""

# Too long an address is answered by the site, in the reader's language, and not by the server.
limit_request_line = 0
workers = 2
# A link to a review is a key: neither the server's errors nor an access log keep it.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_links": {"()": "dialogue_platform.logs.WithoutLinks"}},
    "formatters": {"plain": {"format": "%(asctime)s [%(process)d] %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["without_links"],
            "formatter": "plain",
        },
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"handlers": ["console"], "level": "WARNING", "propagate": False}
        for name in ("gunicorn.error", "gunicorn.access")
    },
}
