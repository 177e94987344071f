"""What is reserved, by whom, on what ground: frozen values and profiles. Knows no file."""
