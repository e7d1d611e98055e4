"""The bibliography of routers and models."""
