"""A corpus of routing as Parquet files, and what is asked of it."""
