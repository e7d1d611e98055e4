"""Authored routing: a scenario says logits, a router does the rest; what it must show is checked."""
