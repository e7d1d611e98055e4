"""Computes complete answers as bytes, each from sources and a request, in a thread or a process."""
