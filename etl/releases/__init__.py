"""Releases (editions) of the published figures."""
