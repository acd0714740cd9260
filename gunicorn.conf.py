"""How gunicorn serves the site; it reads this file by itself."""

# Too long an address is answered by the site, in the reader's language, and not by the server.
limit_request_line = 0
workers = 2
