"""What all models of the catalogue share: unknown keys are errors, codes and statuses have one shape."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Status = Literal["gueltig", "geheim", "unsicher", "folgt", "fehlt", "nicht_sinnvoll", "nicht_vergleichbar"]


class Strict(BaseModel):
    """Unknown keys are errors: a misspelt key must not be silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)
