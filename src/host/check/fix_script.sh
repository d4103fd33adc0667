#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# @made@
#
#     sh FILE apply     puts what is recommended in place of what was found
#     sh FILE undo      puts back what was found
#
# Read it first, and delete from settings() and services() what you do not want. What is neither as
# it was found nor as recommended has been changed by somebody else meanwhile: it is left alone, and
# the exit status is 1.
#
# What lasts: settings of the kernel (value, choice) are gone with the next boot, and what was
# stopped (running) runs again; docs/host-tuning.md shows how to make them stay. What is set in
# files of libvirt (conf) stays until it is undone, and counts when its daemon starts again.
#
# With ROOT=DIR in the environment it works on a copy of the files below DIR.
# Which of the functions are called depends on what was found, and it may have a $ in it.
# shellcheck disable=SC2016,SC2317,SC2329
set -eu

ROOT=${ROOT:-}
verb=${1:-}
status=0
restart=

say() {
        printf '%s\n' "$*"
}

leave() {
        printf '%s: left alone: %s\n' "$1" "$2" >&2
        status=1
}

# Text with every run of blanks as one: the kernel writes tabs where people write spaces.
squeeze() (
        set -f
        # shellcheck disable=SC2086
        set -- $1
        printf '%s' "$*"
)

# turn FOUND RECOMMENDED: $from and $to, the way that we go.
turn() {
        if [ "$verb" = apply ]; then
                from=$1 to=$2
        else
                from=$2 to=$1
        fi
}

# agree PATH NOW: has nobody else changed it, and is there something to do?
agree() {
        if [ "$(squeeze "$2")" = "$(squeeze "$to")" ]; then
                return 1
        elif [ "$(squeeze "$2")" != "$(squeeze "$from")" ]; then
                leave "$1" "it is '$(squeeze "$2")' by now"
                return 1
        fi
}

# value PATH FOUND RECOMMENDED: a file that holds one setting.
value() {
        turn "$2" "$3"
        if ! now=$(cat "$ROOT$1" 2>/dev/null); then
                leave "$1" 'it cannot be read'
        elif agree "$1" "$now"; then
                if printf '%s\n' "$to" >"$ROOT$1"; then
                        say "$1: $(squeeze "$from") -> $(squeeze "$to")"
                else
                        leave "$1" 'it cannot be written'
                fi
        fi
}

# choice PATH FOUND RECOMMENDED: a file that lists its choices, the present one in brackets.
choice() {
        turn "$2" "$3"
        now=$(sed -n 's/.*\[\(.*\)\].*/\1/p' "$ROOT$1" 2>/dev/null) || now=
        if [ -z "$now" ]; then
                leave "$1" 'it cannot be read'
        elif agree "$1" "$now"; then
                # The kernel moves the brackets; in a copy that is for us to do.
                text=$to
                if [ -n "$ROOT" ]; then
                        text=$(sed -e 's/[][]//g' -e 's/^/ /' -e 's/$/ /' -e "s/ $to / [$to] /" \
                                -e 's/^ //' -e 's/ $//' "$ROOT$1")
                fi
                if printf '%s\n' "$text" >"$ROOT$1"; then
                        say "$1: $from -> $to"
                else
                        leave "$1" 'it cannot be written'
                fi
        fi
}

# conf PATH KEY FOUND RECOMMENDED: a setting in a file of libvirt's; FOUND is empty where it is not
# set. Ours goes to the top, and what was set before becomes a comment, so that undo finds both.
conf() {
        key="[[:blank:]]*$2[[:blank:]]*=[[:blank:]]*"
        added="$2 = $4 # tileload host-check"
        hidden='#tileload host-check# '
        if ! now=$(sed -n "s/^$key\([0-9]*\).*/\1/p" "$ROOT$1" 2>/dev/null); then
                leave "$1" 'it cannot be read'
                return
        fi
        now=$(printf '%s' "$now" | head -n 1)
        turn "$3" "$4"
        agree "$1 ($2)" "$now" || return 0
        copy=$(mktemp)
        saved=$(mktemp)
        cat "$ROOT$1" >"$saved"
        if [ "$verb" = apply ]; then
                {
                        say "$added"
                        sed "s/^\($key\)/$hidden\1/" "$ROOT$1"
                } >"$copy"
        else
                sed -e "/^$added\$/d" -e "s/^$hidden\($key\)/\1/" "$ROOT$1" >"$copy"
        fi
        # Into the same file: its owner and mode stay.
        if cat "$copy" >"$ROOT$1"; then
                say "$1: $2 = ${from:-(not set)} -> ${to:-(not set)}"
                restart="$restart $1"
        else
                leave "$1" 'it cannot be written'
                # A full disk leaves part of it: what was there takes no more room than it did.
                if ! cmp -s "$saved" "$ROOT$1" && ! cat "$saved" >"$ROOT$1"; then
                        printf '%s: now incomplete: all of it is in %s\n' "$1" "$saved" >&2
                        saved=
                fi
        fi
        rm -f "$copy" ${saved:+"$saved"}
}

# running UNIT...: units of systemd that were active; the first ones would start the last one.
running() {
        act=stop
        [ "$verb" = apply ] || act=start
        if [ -n "$ROOT" ]; then
                say "systemctl $act $*: not for a copy"
        elif systemctl "$act" "$@"; then
                say "systemctl $act $*"
        else
                leave "$*" "systemctl $act failed"
        fi
}

settings() {
# @settings@
        :
}

services() {
# @services@
        :
}

case $verb in
apply | undo) ;;
*)
        say "Usage: sh $0 apply | undo" >&2
        exit 2
        ;;
esac
# Settings are compared while services run: some (ksm) change one when they are stopped or started.
if [ "$verb" = apply ]; then
        settings
        services
else
        services
        settings
fi
if [ -n "$restart" ]; then
        say "counts when libvirt's daemon is started again (guests go on):$restart"
fi
exit "$status"
