"""Engines that run a model in place of the embedded numpy one."""
