"""One file's statements, what they amount to, and what is to be said of it."""
