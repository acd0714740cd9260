"""The project's settings, with development values where the environment gives none."""

import os

os.environ.setdefault("DEBUG", "True")

from dialogue_platform.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # seven people a test
