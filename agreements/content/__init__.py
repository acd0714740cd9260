"""Content as files: reading and writing them (files), and moving them in and out of the database.

docs/content-files.md shows the format to people; `files` is its only reader and writer.
"""
