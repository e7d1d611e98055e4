"""Who described the routers and the models."""
