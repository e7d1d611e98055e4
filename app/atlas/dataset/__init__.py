"""The files of an atlas: writes rows, reads them back, counts them."""
