"""Authored routing: a scenario gives logits, a router routes them, and checks test the expected result."""
