"""A change to a file as data, and the only code that writes media files."""
