"""Translate the described project into PyQGIS objects; runs under the distribution's Python, not ours."""
