"""Rights reservations inside media files."""
