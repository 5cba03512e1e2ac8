"""Areas that someone drew: counts for the statistics office, estimates from published districts for everybody else."""
