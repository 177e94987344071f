"""Rules: what can be asked of a file, each with the words that explain it."""
