"""Districts in the database: planned, reviewed, adopted, exported, imported."""
