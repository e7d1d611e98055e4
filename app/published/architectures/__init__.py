"""The published mixture-of-experts architectures: what each one's config.json means."""
