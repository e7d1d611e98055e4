"""A transformer with mixture-of-experts layers in numpy. It runs checkpoints in Hugging Face layout."""
