"""What goes with the files: the same reservation for a site, a contract and a signature."""
