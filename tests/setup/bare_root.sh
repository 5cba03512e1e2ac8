#!/usr/bin/env bash
# Proof on a bare machine: makes a Debian root with nothing but bash, git and ca-certificates, clones the committed
# state of this project into it and runs the entry script there, as a newcomer would.
#
#   tests/setup/bare_root.sh [OPTIONS] [-- COMMAND ...]        as root; needs debootstrap and some 6 GB
#
#   --scenario root|user|nosudo|image   which proof (default: the first three, one after the other)
#   --work DIR      where roots are made (default /var/tmp/sozialbericht-bare); the bare base is kept there for the next time
#   --suite NAME    Debian release (default bookworm)
#   --beside DIR    a folder that is mounted, read only, beside the clone under its own name (data for further tests)
#   --keep          leave the used root for a look inside
#   COMMAND         arguments of ./sozialbericht, one quoted word each (default: "run" "test")
#
# Prints seconds and sizes. The root gets this machine's way to the network (resolv.conf, certificates, settings of apt
# and pip, proxy variables), whatever it is. Everything runs in mount and process namespaces of its own, so that no
# server and no mount outlives the script.
set -euo pipefail

if [[ -z ${BARE_ROOT_INSIDE:-} ]]; then
    ((EUID == 0)) || { echo "bare_root.sh must be run as root" >&2; exit 2; }
    command -v debootstrap >/dev/null || { echo "bare_root.sh needs the package debootstrap" >&2; exit 2; }
    BARE_ROOT_INSIDE=1 exec unshare --mount --pid --fork --kill-child --propagation private -- "${BASH_SOURCE[0]}" "$@"
fi

# As the first process of its namespace this one is spared by signals that it does not handle.
trap 'exit 130' INT TERM

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
scenarios=(root user nosudo) work=/var/tmp/sozialbericht-bare suite=bookworm beside='' keep='' commands=(run test)
while (($#)); do
    case $1 in
    --scenario) scenarios=("$2") && shift 2 ;;
    --work) work=$2 && shift 2 ;;
    --suite) suite=$2 && shift 2 ;;
    --beside) beside=$(realpath -- "$2") && shift 2 ;;
    --keep) keep=yes && shift ;;
    --) shift && commands=("$@") && break ;;
    *) echo "unknown option $1" >&2 && exit 2 ;;
    esac
done
base=$work/base-$suite
# The same state in every step, whatever is committed meanwhile.
commit=$(git -c safe.directory='*' -C "$project" rev-parse HEAD)
mkdir -p -- "$work"

report() { printf '%-8s %-44s %s\n' "$scenario" "$1" "$2"; }
seconds() { # command...: prints wall seconds, passes the exit code on
    local start=$EPOCHREALTIME code=0
    "$@" || code=$?
    awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f\n", b - a }' >"$work/seconds"
    return "$code"
}
mounted=() # folders of this machine inside the root; not a part of it
megabytes() { du -sxm "${mounted[@]/#/--exclude=}" -- "$1" | cut -f1; }

make_base() {
    [[ -e $base/.complete ]] && return
    local mirror
    mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[.*\] \)\?\([^ ]*\).*/\2/p' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list \
        2>/dev/null | head -n1)
    rm -rf -- "$base"
    echo "debootstrap $suite …"
    debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$base" ${mirror:+"$mirror"} \
        >"$work/debootstrap.log" 2>&1 || { tail -n 20 "$work/debootstrap.log" >&2 && exit 2; }
    touch "$base/.complete"
}

# A root of its own with the host's way to the network.
make_root() {
    root=$work/$scenario
    mounted=()
    rm -rf --one-file-system -- "$root"
    cp -a -- "$base" "$root"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"
    local file
    for file in /etc/apt/apt.conf.d/*; do
        # What images of containers add belongs to them, not to the way to the network.
        [[ -e $root$file || $file == */docker-* ]] || cp "$file" "$root$file"
    done
    if [[ $suite == "$(. /etc/os-release && echo "$VERSION_CODENAME")" ]]; then
        rm -f "$root/etc/apt/sources.list"
        cp -a /etc/apt/sources.list.d/*.sources "$root/etc/apt/sources.list.d/" 2>/dev/null || true
        cp -a /etc/apt/sources.list "$root/etc/apt/" 2>/dev/null || true
    fi
    cp -a /etc/apt/auth.conf.d "$root/etc/apt/" 2>/dev/null || true
    local settings
    for settings in /etc/pip.conf "${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf" "$HOME/.pip/pip.conf"; do
        # One file for every account of the root; the more special one wins.
        [[ -e $settings ]] && cp "$settings" "$root/etc/pip.conf"
    done
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    # Folders that pip's settings name: package directories on this machine.
    local folder
    while read -r folder; do
        # The pages of an index ("simple") point to files beside it.
        [[ $folder != */simple ]] || folder=$(dirname "$folder")
        [[ -d $folder ]] || continue
        mkdir -p "$root$folder"
        mount --bind -o ro "$folder" "$root$folder"
        mounted+=("$root$folder")
    done < <({ cat "$root/etc/pip.conf" 2>/dev/null && env | grep '^PIP_'; } | grep -oE '(file://[^/ ]*)?/[^ ,"]+' |
        sed -E 's#^file://[^/]*##; s#/$##' | sort -u)
    size_before=$(megabytes "$root")
}

clone() { # folder owner
    git -c safe.directory='*' clone --quiet --no-hardlinks "file://$project" "$root$1"
    git -c safe.directory='*' -c advice.detachedHead=false -C "$root$1" checkout --quiet "$commit"
    chroot "$root" chown -R "$2:" "$1"
    if [[ -n $beside ]]; then
        mkdir -p "$root$(dirname "$1")/$(basename "$beside")"
        mount --bind -o ro "$beside" "$root$(dirname "$1")/$(basename "$beside")"
        mounted+=("$root$(dirname "$1")/$(basename "$beside")")
    fi
}

inside() { # account folder command...: run there with a newcomer's environment
    local account=$1 folder=$2 entry home
    shift 2
    home=$(chroot "$root" getent passwd "$account" | cut -d: -f6)
    local variables=(HOME="$home" USER="$account" LOGNAME="$account" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
    while IFS= read -r entry; do
        variables+=("$entry")
    done < <(env | grep -E '^(PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE=|CURL_CA_BUNDLE=|(https?|no|all)_proxy=|(HTTPS?|NO|ALL)_PROXY=)')
    chroot "$root" setpriv --reuid "$account" --regid "$account" --init-groups env -i "${variables[@]}" \
        bash -c 'cd "$1" && shift && exec "$@"' - "$folder" "$@" </dev/null
}

play() { # account folder data: the commands, then the quick second call without a network
    local command words
    for command in "${commands[@]}"; do
        read -ra words <<<"$command"
        echo "── $scenario: ./sozialbericht $command"
        if seconds inside "$1" "$2" ./sozialbericht "${words[@]}"; then
            report "./sozialbericht $command" "$(<"$work/seconds") s"
        else
            report "./sozialbericht $command" "FAILED after $(<"$work/seconds") s"
            failed=yes
        fi
    done
    # No network at all, not even the loopback interface: packages and environment are there, the socket is a file.
    # (The new network namespace needs root, so that it is entered before the account is changed to.)
    inside "$1" "$2" ./sozialbericht db start >/dev/null || failed=yes
    if seconds unshare --net -- "$BASH" -c "$(declare -f inside); $(declare -p root)"'; inside "$@"' - \
        "$1" "$2" ./sozialbericht db status; then
        report "second call (db status) without network" "$(<"$work/seconds") s"
    else
        report "second call (db status) without network" "FAILED"
        failed=yes
    fi
    report "root before / now" "$size_before / $(megabytes "$root") MB"
    report "virtual environment" "$(megabytes "$root$3/venv") MB"
    report "database cluster" "$(megabytes "$root$3/cluster") MB"
    inside "$1" "$2" ./sozialbericht db stop >/dev/null || true
}

expect_refusal() { # account folder: one clear message with the administrator's command, nothing else
    local output
    if output=$(inside "$1" "$2" ./sozialbericht db status 2>&1); then
        report "refusal" "FAILED: it went through" && failed=yes
    elif [[ $output == *"sudo apt-get update && sudo apt-get install --yes --no-install-recommends postgresql-postgis "* ]]; then
        report "refusal with the exact command" "ok" && printf '%s\n' "$output"
    else
        report "refusal" "FAILED: $output" && failed=yes
    fi
}

failed=''
make_base
for scenario in "${scenarios[@]}"; do
    make_root
    case $scenario in
    root)
        clone /srv/sozialbericht root
        play root /srv/sozialbericht /var/lib/sozialbericht
        ;;
    user | nosudo)
        chroot "$root" useradd --create-home --shell /bin/bash amt
        clone /home/amt/sozialbericht amt
        if [[ $scenario == nosudo ]]; then
            expect_refusal amt /home/amt/sozialbericht
        fi
        chroot "$root" env DEBIAN_FRONTEND=noninteractive bash -c \
            'apt-get -qq update && apt-get -qq install --no-install-recommends sudo' >"$work/sudo.log" 2>&1
        if [[ $scenario == nosudo ]]; then
            # sudo is there, but not for this account.
            expect_refusal amt /home/amt/sozialbericht
        else
            echo 'amt ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/amt"
            play amt /home/amt/sozialbericht /home/amt/.local/share/sozialbericht
        fi
        ;;
    image)
        # Tests are not part of the image.
        [[ ${commands[*]} != "run test" ]] || commands=(run)
        . "$project/tests/setup/image_steps.sh"
        ;;
    *) echo "unknown scenario $scenario" >&2 && exit 2 ;;
    esac
    if [[ -z $keep ]]; then
        # Mounts first; what is left in the root is ours to delete, and nothing is deleted while one remains.
        grep -oE " $root/[^ ]*" /proc/self/mounts | sort -r | xargs -r umount -l
        if grep -q " $root/" /proc/self/mounts; then
            echo "something is still mounted below $root; left as it is" >&2 && exit 2
        fi
        rm -rf --one-file-system -- "$root"
    fi
done
[[ -z $failed ]]
