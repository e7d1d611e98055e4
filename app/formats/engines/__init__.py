"""One module per engine or kind of file: it recognises the captures and reads them."""
