"""Print layouts from described ones."""


def add(project, described):
    """Put the described layouts (``layouts`` of the description) into the filled project."""
