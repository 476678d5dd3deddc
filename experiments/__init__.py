"""One module for each results file of the same name; README.md lists them."""
