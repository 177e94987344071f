"""Where statements live: one module per container family, which reads spans and plans patches."""
