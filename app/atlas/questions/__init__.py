"""Questions to an atlas, one per file."""
