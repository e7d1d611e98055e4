"""Routing recorded earlier: during training, or in a folder of traces."""
