"""Zone design: statistical districts from building blocks, without a database."""
