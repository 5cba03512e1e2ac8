"""Metadata of a release after DCAT-AP.de (3.0), so that data portals find it: Turtle, RDF/XML and JSON-LD.

Terms: the specification of DCAT-AP.de (dcat-ap.de/def) and the vocabularies of the EU's Publications Office.
"""

from __future__ import annotations

import hashlib
import mimetypes
from datetime import date
from pathlib import Path

from rdflib import DCAT, DCTERMS, FOAF, RDF, XSD, BNode, Graph, Literal, Namespace, URIRef

from etl.catalogue import Catalogue
from etl.catalogue.publication import Publication
from etl.publish.source import Source

DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
SCHEMA = Namespace("http://schema.org/")
EU = "http://publications.europa.eu/resource/authority/"
VERSION = URIRef("http://www.w3.org/ns/dcat#version")
GEOCODING = "http://dcat-ap.de/def/politicalGeocoding/"
FORMATS = {".csv": "CSV", ".xlsx": "XLSX", ".gpkg": "GPKG", ".parquet": "PARQUET", ".html": "HTML", ".json": "JSON"}
MEDIA = {".gpkg": "application/geopackage+sqlite3", ".parquet": "application/vnd.apache.parquet"}


def _german(words: str) -> Literal:
    return Literal(words, lang="de")


def _distribution(graph: Graph, publication: Publication, folder: Path, path: Path) -> URIRef:
    name = path.relative_to(folder).as_posix()
    address = f"{publication.address.rstrip('/')}/{folder.name}/{name}"
    node = URIRef(address + "#distribution")
    media = MEDIA.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    checksum = BNode("p" + hashlib.sha256(name.encode()).hexdigest()[:12])
    for predicate, value in (
        (RDF.type, DCAT.Distribution),
        (DCTERMS.title, _german(name)),
        (DCAT.accessURL, URIRef(address)),
        (DCAT.downloadURL, URIRef(address)),
        (DCTERMS.license, URIRef(publication.licence)),
        (DCATDE.licenseAttributionByText, _german(publication.publisher)),
        (DCTERMS["format"], URIRef(f"{EU}file-type/{FORMATS[path.suffix]}")),
        (DCAT.mediaType, URIRef(f"https://www.iana.org/assignments/media-types/{media}")),
        (DCAT.byteSize, Literal(path.stat().st_size, datatype=XSD.nonNegativeInteger)),
        (SPDX.checksum, checksum),
    ):
        graph.add((node, predicate, value))
    graph.add((checksum, RDF.type, SPDX.Checksum))
    graph.add((checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256))
    graph.add(
        (checksum, SPDX.checksumValue, Literal(hashlib.sha256(path.read_bytes()).hexdigest(), datatype=XSD.hexBinary))
    )
    return node


def describe(source: Source, catalogue: Catalogue, folder: Path) -> Graph:
    """The catalogue with one dataset, the release, and a distribution for each exported file in ``folder``."""
    publication = catalogue.city.publication
    if publication is None:
        raise ValueError("the city declares no publication")
    graph = Graph()
    for prefix, space in (("dcatde", DCATDE), ("spdx", SPDX), ("vcard", VCARD), ("schema", SCHEMA)):
        graph.bind(prefix, space)
    root = publication.address.rstrip("/")
    book, data, publisher = URIRef(f"{root}#katalog"), URIRef(f"{root}#datensatz"), URIRef(f"{root}#herausgeber")
    synthetic = source.edition.synthetic
    told = f"Kleinräumige Kennzahlen zu {', '.join(t.title for t in catalogue.themes)}."
    if synthetic:
        told = f"SYNTHETISCHE DATEN, keine Aussage über die wirkliche Stadt. {told}"
    title = f"{catalogue.city.report_title}, Stand {source.edition.label}" + (
        " (synthetische Daten)" if synthetic else ""
    )
    _about(graph, publisher, {RDF.type: FOAF.Agent, FOAF.name: _german(publication.publisher)})
    contact = BNode("ansprechstelle")
    _about(graph, contact, {RDF.type: VCARD.Organization, VCARD.fn: _german(publication.contact)})
    _about(graph, book, {
        RDF.type: DCAT.Catalog, DCTERMS.title: _german(f"Offene Daten: {catalogue.city.report_title}"),
        DCTERMS.description: _german(told), DCTERMS.publisher: publisher, DCAT.dataset: data,
        DCTERMS.language: URIRef(f"{EU}language/DEU"),
    })  # fmt: skip
    _about(graph, data, {
        RDF.type: DCAT.Dataset, DCTERMS.title: _german(title), DCTERMS.description: _german(told),
        DCTERMS.identifier: Literal(f"sozialbericht-{catalogue.city.ags}"), DCTERMS.publisher: publisher,
        DCAT.contactPoint: contact, DCTERMS.accrualPeriodicity: URIRef(f"{EU}frequency/ANNUAL"),
        DCTERMS.language: URIRef(f"{EU}language/DEU"),
        DCATDE.politicalGeocodingLevelURI: URIRef(f"{GEOCODING}Level/municipality"),
        DCATDE.politicalGeocodingURI: URIRef(f"{GEOCODING}municipalityKey/{catalogue.city.ags}"),
        DCTERMS.temporal: _period(graph, source), VERSION: Literal(source.edition.label),
    })  # fmt: skip
    if publication.contributor:
        graph.add((data, DCATDE.contributorID, URIRef(publication.contributor)))
    for word in publication.keywords:
        graph.add((data, DCAT.keyword, _german(word)))
    for theme in publication.themes:
        graph.add((data, DCAT.theme, URIRef(f"{EU}data-theme/{theme}")))
    for path in sorted(p for p in folder.rglob("*") if p.suffix in FORMATS and p.is_file()):
        graph.add((data, DCAT.distribution, _distribution(graph, publication, folder, path)))
    return graph


def _about(graph: Graph, node: URIRef | BNode, facts: dict[URIRef, URIRef | BNode | Literal]) -> None:
    for predicate, value in facts.items():
        graph.add((node, predicate, value))


def _period(graph: Graph, source: Source) -> BNode:
    """The time that the values of the release cover."""
    spans = source.frame("wert", ("von", "bis"), "aktuell AND status = 'gueltig'")
    node = BNode("zeitraum")
    graph.add((node, RDF.type, DCTERMS.PeriodOfTime))
    first, last = spans["von"].min(), spans["bis"].max()
    for predicate, day in ((DCAT.startDate, first), (DCAT.endDate, last)):
        if isinstance(day, date):
            graph.add((node, predicate, Literal(day, datatype=XSD.date)))
    return node


def write_metadata(source: Source, catalogue: Catalogue, folder: Path) -> list[Path]:
    """Write ``metadaten.ttl``, ``.rdf`` and ``.jsonld`` about the files of ``folder``; returns them."""
    graph = describe(source, catalogue, folder)
    files = []
    for suffix, form in ((".ttl", "longturtle"), (".rdf", "pretty-xml"), (".jsonld", "json-ld")):
        path = folder / f"metadaten{suffix}"
        graph.serialize(path, format=form, encoding="utf-8")
        files.append(path)
    return files
