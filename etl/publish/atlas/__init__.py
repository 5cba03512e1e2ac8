"""The web atlas: a static folder with maps, tables, profiles and comparisons, made from the published views."""
