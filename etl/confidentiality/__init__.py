"""Protection of what is published."""
