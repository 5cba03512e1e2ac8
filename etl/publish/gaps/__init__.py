"""What is delivered and what is missing: reading the views, summing them up, telling and drawing it."""
