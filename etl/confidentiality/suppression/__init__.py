"""Secondary suppression: which further cells must be hidden so that nobody can compute the hidden ones too closely."""
