"""Many files: which they are, and how a run goes through them."""
