"""Crosswalks: how the units of two district versions relate, and with which weights counts go from one to the other."""
