"""What a cache, a placement or a cut would do."""
