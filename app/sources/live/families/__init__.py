"""The families of models that run here, one file each beside the three that share their form."""
