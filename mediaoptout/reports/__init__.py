"""What a run leaves for others: pages, tables, test results, and signed evidence."""
