"""The project's settings, with development values where the environment gives none."""

import os

os.environ.setdefault("DEBUG", "True")

from dialogue_platform.settings import *  # noqa: F403
