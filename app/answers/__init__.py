"""Computes complete answers as bytes, in a thread or a process, from sources and a request."""
