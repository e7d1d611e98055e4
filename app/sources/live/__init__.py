"""A transformer with mixture-of-experts layers in numpy, which runs checkpoints in Hugging Face layout."""
