"""Simulates a cache, a placement or pruning on the routing of an atlas."""
