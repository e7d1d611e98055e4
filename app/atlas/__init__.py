"""Stores the routing of a corpus as Parquet files and answers questions about it."""
