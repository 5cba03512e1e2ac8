"""Building blocks where the city has none: enclosed by lines, around populated grid cells, or around addresses."""
