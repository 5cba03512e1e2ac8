# One image for the ETL and the map server, and the PostGIS project's with pgaudit for the database (docker-compose.yml).
# Pinned by tag. Where a registry can be reached, `docker buildx imagetools inspect` gives the digest to add.
FROM debian:12.11-slim AS base
WORKDIR /opt/sozialbericht
ENV SOZIALBERICHT_HOME=/var/lib/sozialbericht
# The server stands in its own container: the entry script then installs psql instead of PostgreSQL.
ENV SOZIALBERICHT_DSN="host=db user=sozialbericht_admin"
ENV LANG=C.UTF-8
# First what the machine is made from, so that a change of our code does not install it all again.
COPY sozialbericht pyproject.toml constraints.txt ./
RUN ./sozialbericht prepare && apt-get clean && rm -rf /var/lib/apt/lists/* /root/.cache
RUN useradd --system --user-group --no-create-home --home-dir /var/lib/sozialbericht sozialbericht
# The inner folders are where compose mounts volumes: these take over the owner that they find.
RUN cd /var/lib/sozialbericht && mkdir -p output veroeffentlichung && chown sozialbericht: . output veroeffentlichung
COPY . .

FROM base AS etl
USER sozialbericht
ENTRYPOINT ["./sozialbericht"]
CMD ["run"]

FROM base AS qgis-server
EXPOSE 8080
USER sozialbericht
ENTRYPOINT ["docker/qgis-server"]

FROM postgis/postgis:15-3.5 AS db
RUN apt-get -q update && apt-get -q --yes install --no-install-recommends postgresql-15-pgaudit && apt-get clean && rm -rf /var/lib/apt/lists/*
