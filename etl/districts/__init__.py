"""Boundaries, blocks, addresses and district versions: read, checked, mended, stored."""
