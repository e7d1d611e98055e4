"""Whole answers in bytes, each a function of sources and a request: what a thread or a process computes."""
