"""Sozialbericht: statistical districts, indicators and published PostGIS views for a city."""

__version__ = "0.1.0"
