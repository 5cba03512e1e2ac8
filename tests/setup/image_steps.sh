#!/usr/bin/env bash
# Part of bare_root.sh (scenario "image"): carries the Dockerfile's steps out in the bare root, then plays the three
# services of docker-compose.yml there, as no container engine is needed for that. Both stages share the one root.
# shellcheck disable=SC2154,SC2034,SC2016  # root, project, scenario, work, commands, commit, failed come from bare_root.sh

image_folder=/ image_user=root
declare -A image_environment=([PATH]=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin [HOME]=/root)
declare -A image_entry=()
image_ways=() # this machine's way to the network, as in bare_root.sh
while IFS= read -r entry; do image_ways+=("$entry"); done < <(env | grep -E '^(PIP_|(https?|no|all)_proxy=|(HTTPS?|NO|ALL)_PROXY=)')

in_image() { # command...: with what the Dockerfile has set so far
    local variables=() name
    for name in "${!image_environment[@]}"; do variables+=("$name=${image_environment[$name]}"); done
    # As in a container, the variables of the account's own are the image's.
    chroot "$root" setpriv --reuid "$image_user" --regid "$image_user" --init-groups \
        env -i "${image_ways[@]}" "${variables[@]}" bash -c 'cd "$1" && shift && exec "$@"' - "$image_folder" "$@" </dev/null
}

image_step() { # instruction rest-of-line
    local instruction=$1 rest=$2 sources target
    case $instruction in
    FROM) stage=${rest##* } image_user=root && echo "── image: stage $stage" ;;
    WORKDIR) image_folder=$rest && mkdir -p "$root$rest" ;;
    ENV) rest=${rest//\"/} && image_environment[${rest%%=*}]=${rest#*=} ;;
    USER) image_user=$rest ;;
    COPY)
        read -ra sources <<<"$rest"
        target=${sources[-1]}
        unset 'sources[-1]'
        # The committed state, without what .dockerignore leaves out.
        git -c safe.directory='*' -C "$project" archive "$commit" "${sources[@]}" |
            tar -x -C "$root$image_folder/$target" --exclude-from=<(sed 's#^\*\*/##' "$project/.dockerignore")
        ;;
    RUN)
        if seconds in_image /bin/sh -c "$rest"; then
            report "RUN ${rest:0:36}" "$(<"$work/seconds") s"
        else
            report "RUN ${rest:0:36}" "FAILED"
            failed=yes
        fi
        ;;
    ENTRYPOINT) image_entry[$stage]=$(tr -d '[]",' <<<"$rest") ;;
    CMD | EXPOSE) ;;
    *) echo "image_steps.sh does not know $instruction" >&2 && failed=yes ;;
    esac
}

stage=''
while IFS= read -r line; do
    [[ -z $line || $line == \#* ]] || image_step "${line%% *}" "${line#* }"
done < <(sed -e ':a' -e '/\\$/N; s/\\\n//; ta' "$project/Dockerfile")
report "image (both stages)" "$(megabytes "$root") MB, before $size_before MB"

# --- the services -----------------------------------------------------------------------------------------------------
# The database: PostgreSQL of the same major version from Debian, set up by the container's own first-start script.
chroot "$root" bash -c 'mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update && apt-get -qq install --no-install-recommends postgresql-postgis' >"$work/image-db.log" 2>&1
echo '127.0.0.1 db' >>"$root/etc/hosts"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
secret() { tr -dc a-zA-Z0-9 </dev/urandom | head -c 24 || true; }
admin_password=$(secret) qgis_password=$(secret)
as_postgres() { chroot "$root" setpriv --reuid postgres --regid postgres --init-groups env -i PATH="/usr/lib/postgresql/15/bin:$PATH" \
    PGHOST=/tmp PGPORT="$port" SOZIALBERICHT_ADMIN_PASSWORD="$admin_password" SOZIALBERICHT_QGIS_PASSWORD="$qgis_password" "$@"; }
{
    as_postgres initdb --pgdata=/tmp/db --encoding=UTF8 --locale=C.UTF-8 --auth-host=scram-sha-256 --auth-local=trust --data-checksums
    as_postgres pg_ctl start --wait --pgdata=/tmp/db --log=/tmp/db.log \
        --options="-p $port -c unix_socket_directories=/tmp -c listen_addresses=127.0.0.1"
    as_postgres bash -s <"$project/docker/db/10-rollen.sh"
} >>"$work/image-db.log" 2>&1 || { tail -n 20 "$work/image-db.log" && failed=yes; }

image_environment[PGPORT]=$port
image_user=sozialbericht
image_environment[PGPASSWORD]=$admin_password
for command in "db status" "${commands[@]}"; do
    read -ra words <<<"$command"
    # shellcheck disable=SC2086  # the entry point's own words
    if seconds in_image ${image_entry[etl]} "${words[@]}"; then
        report "service etl: $command" "$(<"$work/seconds") s"
    else
        report "service etl: $command" "FAILED"
        failed=yes
    fi
done

image_environment[PGPASSWORD]=$qgis_password
image_environment[QGIS_SERVER_INNER_PORT]=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# shellcheck disable=SC2086
in_image ${image_entry[qgis-server]} >"$work/image-qgis.log" 2>&1 &
server=$!
healthy=''
for _ in {1..30}; do
    if in_image "${image_entry[qgis-server]}" check 2>/dev/null; then
        healthy=yes
        break
    fi
    sleep 1
done
if [[ -n $healthy ]]; then
    report "service qgis-server: GetCapabilities" "ok"
else
    report "service qgis-server: GetCapabilities" "FAILED (see $work/image-qgis.log)"
    failed=yes
fi
kill "$server" 2>/dev/null || true
as_postgres pg_ctl stop --mode=fast --pgdata=/tmp/db >/dev/null || true
