"""Everything that produces routing traces."""
