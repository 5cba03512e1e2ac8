"""What the employment agency asks of a city before it counts by districts: the list of areas and the street grid."""
