"""Exports of a release: tables, workbook, GeoPackage, GeoParquet, data package, metadata, data dictionary."""
