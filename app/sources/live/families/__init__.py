"""The supported model families: one file each, except the three that share their form."""
