"""Many at once: 50 callers for a minute, beside the same maps drawn by PyQGIS alone."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from etl.catalogue import Catalogue
from etl.publish import qgis_project, qgis_styles
from etl.publish.qgis_process import SYSTEM_PYTHON, environment
from tests.conftest import Published
from tests.qgis.conftest import service_for
from tests.services.conftest import Services

pytestmark = [pytest.mark.qgis, pytest.mark.bench]

CALLERS = 50
SECONDS = float(os.environ.get("SOZIALBERICHT_LOAD_SECONDS", "60"))
LAYER = "bevoelkerung_bezirk"
CODES = ("BEV01", "BEV04", "BEV05", "BEV11")


def _styles(catalogue: Catalogue) -> list[str]:
    return [qgis_styles.style_name(i) for i in catalogue.indicators if i.code in CODES]


def _targets(services: Services, catalogue: Catalogue, turn: int | None) -> dict[str, list[str]]:
    """What is asked for; with a ``turn`` each time another section, so that nothing has been drawn before."""
    view, more = services.view, ""
    if turn is not None:
        box = services.view.split("BBOX=")[1].split("&")[0]
        moved = ",".join(f"{float(edge) + turn % 997 / 10 + turn / 1e5:.5f}" for edge in box.split(","))
        view, more = services.view.replace(box, moved), f"&_={turn}"
    start = f"/ows?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={LAYER}&STYLES="
    features = (
        f"/ows?SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME={LAYER}&PROPERTYNAME=name,bev01,bev01_status"
    )
    return {
        "GetMap": [f"{start}{quote(style)}&{view}" for style in _styles(catalogue)],
        "GetFeature": [features + more, f"/wfs3/collections/{LAYER}/items?limit=20{more}"],
    }


def _direct(folder: Path, service_file: Path, catalogue: Catalogue, services: Services, count: int) -> list[float]:
    """Seconds of each map drawn by PyQGIS in a process of its own."""
    given = dict(part.split("=") for part in services.view.split("&"))
    task = {
        "project": str(qgis_project.SHIPPED), "layer": LAYER, "styles": _styles(catalogue), "count": count,
        "box": [float(edge) for edge in given["BBOX"].split(",")],
        "size": [int(given["WIDTH"]), int(given["HEIGHT"])],
    }  # fmt: skip
    (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    script = Path(__file__).with_name("draw_map.py")
    subprocess.run(
        [SYSTEM_PYTHON, "-s", str(script), str(folder / "task.json"), str(folder / "answer.json")],
        env=environment(folder, service_file), check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    found: list[float] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))["seconds"]
    return found


def _told(name: str, seconds: list[float]) -> str:
    median, late, last = np.percentile(seconds, (50, 95, 100))
    return f"{name:<22} {len(seconds):>6} Antworten, Median {median:.3f} s, p95 {late:.3f} s, längste {last:.3f} s"


def _ask_together(
    services: Services, catalogue: Catalogue, seconds: float, fresh: bool
) -> tuple[dict[str, list[float]], list[str]]:
    """Seconds of each answer by kind, and what was wrong, when all callers ask one thing after the other."""
    spent: dict[str, list[float]] = {"GetMap": [], "GetFeature": []}
    wrong: list[str] = []
    until = time.monotonic() + seconds

    def call(caller: int) -> None:
        turn = caller
        while time.monotonic() < until:
            kind = "GetFeature" if turn % 3 == 0 else "GetMap"
            choice = _targets(services, catalogue, turn * CALLERS + caller if fresh else None)[kind]
            start = time.perf_counter()
            answer = services.ask(choice[turn % len(choice)])
            spent[kind].append(time.perf_counter() - start)
            signs = (b"\x89PNG",) if kind == "GetMap" else (b"MultiPolygon", b"featureMember")
            if answer.status != 200 or not any(sign in answer.body for sign in signs):
                wrong.append(f"{answer.status} {answer.body[:100]!r}")
            turn += 1
            # Answers that are kept come so fast that 50 callers without a pause would be too many a second.
            time.sleep(0 if fresh else 0.7)

    callers = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return spent, wrong


def test_fifty_at_once_for_a_minute(
    services: Services, catalogue: Catalogue, published: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = []
    for number in range(20):
        start = time.perf_counter()
        target = _targets(services, catalogue, 900_000 + number)["GetMap"][number % len(CODES)]
        assert services.ask(target).status == 200
        alone.append(time.perf_counter() - start)
    lines = [f"{CALLERS} gleichzeitig, {os.cpu_count()} Kerne, Last der Maschine {os.getloadavg()[0]:.1f}"]
    same: list[float] = []
    for words, fresh, seconds in (("jedes Mal anders", True, SECONDS), ("immer dieselben", False, SECONDS / 3)):
        begun = time.monotonic()
        spent, wrong = _ask_together(services, catalogue, seconds, fresh)
        lasted = time.monotonic() - begun
        total = sum(map(len, spent.values()))
        lines += [f"{words}: {total / lasted:.1f} Antworten/s, {len(wrong)} Fehler"]
        lines += [_told(kind, measured) for kind, measured in spent.items()]
        assert wrong == []
        assert total > CALLERS
        same = spent["GetMap"]
    service_file = service_for(tmp_path, catalogue, published.name)
    direct = _direct(tmp_path, service_file, catalogue, services, 20)
    lines += [_told("GetMap, allein", alone), _told("PyQGIS unmittelbar", direct[1:])]
    with capsys.disabled():
        print("", *lines, sep="\n")
    assert services.server.process.poll() is None
    # what all look at is drawn once
    assert np.percentile(same, 95) < 5
