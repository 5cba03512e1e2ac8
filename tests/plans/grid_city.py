"""A city for tests: two Stadtteile of 6 × 4 blocks each, 100 m a side, persons and attributes by a rule."""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import versions
from etl.districts.plans import store
from etl.districts.plans.frame import open_draft
from etl.districts.plans.planning import Ground, read_ground
from etl.districts.versions import Version
from tests import small_city

WIDTH, HEIGHT, SIZE = 6, 4, 100
EAST, NORTH = 565_000, 5_950_000
BAND = {"min": 300.0, "target": 600.0, "max": 900.0}


def square(x: float, y: float, width: float = SIZE, height: float = SIZE) -> str:
    """WKT of a rectangle, south-west corner in metres from the city's own."""
    e, n = EAST + x, NORTH + y
    return f"MULTIPOLYGON((({e} {n},{e + width} {n},{e + width} {n + height},{e} {n + height},{e} {n})))"


def key(stadtteil: int, column: int, row: int) -> str:
    """Block key: Stadtteil, column, row."""
    return f"{stadtteil}{column}{row}"


def persons(column: int, row: int) -> int:
    """100 persons a block, nobody in the north-east corner."""
    return 0 if (column, row) == (WIDTH - 1, HEIGHT - 1) else 100


def build(connection: Connection) -> None:
    """Version „alt“ (current) with city and Stadtteile 1 and 2, block set „alt“, the register of 2025, addresses."""
    run = connection.execute
    version = connection.scalar(
        text("INSERT INTO geo.district_version (label, title, is_current) VALUES ('alt', 'Alt', true) RETURNING id")
    )
    blocks = connection.scalar(
        text("INSERT INTO geo.block_set (label, method, is_current) VALUES ('alt', 'given', true) RETURNING id")
    )
    wide, high = WIDTH * SIZE, HEIGHT * SIZE
    unit = text("""
        INSERT INTO geo.unit (version_id, level, key, name, parent_id, geom)
        VALUES (:v, :level, :key, :name, (SELECT id FROM geo.unit WHERE version_id = :v AND key = :parent),
                ST_GeomFromText(:wkt, 25832))
    """)
    top = {"v": version, "level": "stadt", "key": "01060063", "name": "Stadt", "parent": None}
    run(unit, top | {"wkt": square(0, 0, 2 * wide, high)})
    run(
        unit,
        top | {"level": "nicht_zuordenbar", "key": "NZ", "name": "nicht zuordenbar", "parent": "01060063", "wkt": None},
    )
    for stadtteil in (1, 2):
        own = {"level": "stadtteil", "key": str(stadtteil), "name": f"Stadtteil {stadtteil}", "parent": "01060063"}
        run(unit, top | own | {"wkt": square((stadtteil - 1) * wide, 0, wide, high)})
    for stadtteil, column, row in places():
        x, y = (stadtteil - 1) * wide + column * SIZE, row * SIZE
        run(
            text("""
                WITH b AS (INSERT INTO geo.block (block_set_id, key, parent_key, geom)
                           VALUES (:s, :key, :parent, ST_GeomFromText(:wkt, 25832)) RETURNING id)
                INSERT INTO geo.address (address_key, street_key, house_number, street_name, geom, block_id)
                SELECT '00001|' || :n || '|', '00001', :n, :street, ST_SetSRID(ST_Point(:e, :north), 25832), b.id FROM b
            """),
            {
                "s": blocks, "key": key(stadtteil, column, row), "parent": str(stadtteil), "wkt": square(x, y),
                "n": 1 + column + 10 * row + 100 * stadtteil, "street": f"Straße {stadtteil}{column}",
                "e": EAST + x + 50, "north": NORTH + y + 50,
            },
        )  # fmt: skip
    delivery = small_city.deliver(connection, "einwohner_bestand", 2025)
    counted = {key(s, c, r): persons(c, r) for s, c, r in places() if persons(c, r)}
    small_city.count(connection, delivery, "ew", dict(counted.items()))
    small_city.count(connection, delivery, "ew_u18", {k: 10.0 + 5 * (int(k[1]) > 2) for k in counted})
    small_city.count(connection, delivery, "ew_65plus", {k: 30.0 - 8 * (int(k[2]) > 1) for k in counted})
    small_city.count(connection, delivery, "ew_ausl", {k: 12.0 + int(k[1]) for k in counted})


def places() -> list[tuple[int, int, int]]:
    """(Stadtteil, column, row) of every block."""
    return [(s, c, r) for s in (1, 2) for c in range(WIDTH) for r in range(HEIGHT)]


def halves(ground: Ground) -> dict[int, str]:
    """Four districts: the western and eastern columns of each Stadtteil. Block id → key."""
    return {b: f"{k[0]}0{1 + (int(k[1]) >= WIDTH // 2)}" for b, k in zip(ground.ids, ground.keys, strict=True)}


def plan(connection: Connection, city: City, label: str = "neu") -> tuple[Version, Ground]:
    """The draft ``label`` with the plan „gesamt“ of four districts, chosen."""
    version = open_draft(connection, city, label)
    ground = read_ground(connection, city, version)
    instance = ground.instance()
    parameters = {"band": BAND, "attributes": list(ground.attributes), "period": ground.period}
    store.write_planning(connection, version, ground, instance.z, instance.edges, parameters)
    store.write_plan(connection, version, "gesamt", halves(ground), {"bezirke": 4})
    store.choose_plan(connection, city, version, "gesamt")
    return versions.get(connection, label), ground
