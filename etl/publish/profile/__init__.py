"""The requirement profile and the delivery requests: documents and templates made from the catalogue alone."""
