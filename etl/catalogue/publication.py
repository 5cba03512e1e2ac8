"""How the city's open data are announced: publisher, licence, where files will lie."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from etl.catalogue.sources import Strict

Address = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class Publication(Strict):
    """Facts for metadata after DCAT-AP.de; every address is the city's to confirm."""

    publisher: str
    contact: str = Field(description="Office that answers questions, no person")
    address: Address = Field(description="Folder under which the files of the current release can be fetched")
    licence: Address
    licence_name: str = Field(description="Short name, for example dl-by-de/2.0")
    licence_title: str
    contributor: Address | None = Field(None, description="Contributor ID of DCAT-AP.de, given by GovData")
    keywords: tuple[str, ...] = ()
    themes: tuple[Annotated[str, Field(pattern=r"^[A-Z]{4}$")], ...] = Field(
        ("SOCI",), description="Codes of the EU vocabulary data-theme"
    )
