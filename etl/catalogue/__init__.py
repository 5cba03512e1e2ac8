"""The catalogue: everything that varies between cities, declared in YAML and validated."""

from etl.catalogue.city import NOT_LOCATED, City, Level, Owner, Policy
from etl.catalogue.indices import Index
from etl.catalogue.load import Catalogue, load_catalogue
from etl.catalogue.measures import Condition, Indicator, Measure, Term, Theme
from etl.catalogue.sources import AreaForm, RecordForm, Source

__all__ = [
    "NOT_LOCATED",
    "AreaForm",
    "Catalogue",
    "City",
    "Condition",
    "Index",
    "Indicator",
    "Level",
    "Measure",
    "Owner",
    "Policy",
    "RecordForm",
    "Source",
    "Term",
    "Theme",
    "load_catalogue",
]
