"""The data and files that every page needs, served or exported."""
