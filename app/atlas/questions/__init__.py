"""What is asked of an atlas, one question per file."""
