"""The files of an atlas: written rows, read back and counted."""
