"""Engines that run a model instead of the embedded numpy engine."""
