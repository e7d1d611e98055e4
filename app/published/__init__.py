"""Published models: their files, their configs and parameters counted, their papers."""
