"""The figures of a profile, for whoever shows it."""

from __future__ import annotations

from etl.publish.drawing import Areas, Figure, Series, line_svg, locator_svg, pyramid_svg, spine_svg
from etl.publish.profiles.model import KeyFigure, Profile


def spine_figure(profile: Profile, *, width: float = 720) -> Figure | None:
    """The key figures beside the city; None without any."""
    if not profile.figures:
        return None
    title = f"Kennzahlen von {profile.name} im Vergleich mit {profile.city_name}"
    return spine_svg(
        f"kennzahlen-{profile.key}", title, [f.row for f in profile.figures], unit_name=profile.name,
        city_name=profile.city_name, width=width,
    )  # fmt: skip


def pyramid_figure(profile: Profile, *, width: float = 480) -> Figure | None:
    """The age pyramid; None where there are no age groups."""
    if profile.pyramid is None:
        return None
    title = f"Altersaufbau in {profile.name}, {profile.pyramid.period}"
    return pyramid_svg(
        f"altersaufbau-{profile.key}", title, profile.pyramid.rows, profile.pyramid.total, city_name=profile.city_name,
        width=width,
    )  # fmt: skip


def series_figure(profile: Profile, figure: KeyFigure, *, width: float = 480, height: float = 240) -> Figure | None:
    """A key figure over the years beside the city; None for fewer than two years with a value."""
    if sum(r.shown for r in figure.series) < 2:
        return None
    title = f"{figure.measure.title} in {profile.name}"
    lines = [Series(profile.name, figure.series)]
    if figure.others and any(r.shown for r in figure.city_series):
        lines.append(Series(profile.city_name, figure.city_series))
    return line_svg(
        f"reihe-{figure.code}-{profile.key}", title, figure.periods, lines, figure.measure, width=width, height=height
    )


def locator_figure(profile: Profile, areas: Areas, *, width: float = 260) -> Figure | None:
    """Where the area lies; None where its outline is not drawn."""
    if all(a.key != profile.key for a in areas.units):
        return None
    return locator_svg(f"lage-{profile.key}", f"Lage von {profile.name}", areas, profile.key, width=width)
