#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Made by tileload 0.1.0: host-check --fix-script --tiles 32.
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
        # net.bridge.bridge-nf-call-iptables (warning): 1
        #   should  0
        #   why     with 1 every frame that passes the bridge from guest to guest goes through the
        #           host's firewall rules and connection tracking as well: CPU for each packet,
        #           and drops when the table of connections is full
        #   risk    firewall rules that are to filter traffic between guests on one bridge
        #           (Kubernetes and container networks count on that) do so no more; routed
        #           traffic is filtered as before
        #   source  Linux: Documentation/networking/bridge.rst (Netfilter: legacy, discouraged),
        #           Documentation/networking/ip-sysctl.rst (/proc/sys/net/bridge)
        value '/proc/sys/net/bridge/bridge-nf-call-iptables' '1' '0'

        # net.bridge.bridge-nf-call-ip6tables (warning): 1
        #   should  0
        #   why     with 1 every frame that passes the bridge from guest to guest goes through the
        #           host's firewall rules and connection tracking as well: CPU for each packet,
        #           and drops when the table of connections is full
        #   risk    firewall rules that are to filter traffic between guests on one bridge
        #           (Kubernetes and container networks count on that) do so no more; routed
        #           traffic is filtered as before
        #   source  Linux: Documentation/networking/bridge.rst (Netfilter: legacy, discouraged),
        #           Documentation/networking/ip-sysctl.rst (/proc/sys/net/bridge)
        value '/proc/sys/net/bridge/bridge-nf-call-ip6tables' '1' '0'

        # net.bridge.bridge-nf-call-arptables (advice): 1
        #   should  0
        #   why     with 1 every ARP packet on the bridge goes through arptables
        #   risk    firewall rules that are to filter traffic between guests on one bridge
        #           (Kubernetes and container networks count on that) do so no more; routed
        #           traffic is filtered as before
        #   source  Linux: Documentation/networking/bridge.rst (Netfilter: legacy, discouraged),
        #           Documentation/networking/ip-sysctl.rst (/proc/sys/net/bridge)
        value '/proc/sys/net/bridge/bridge-nf-call-arptables' '1' '0'

        # bridge-nf-call br0 (warning): nf_call_iptables 1
        #   should  nf_call_iptables 0
        #   why     with 1 every frame that passes the bridge from guest to guest goes through the
        #           host's firewall rules and connection tracking as well: CPU for each packet,
        #           and drops when the table of connections is full
        #   risk    firewall rules that are to filter traffic between guests on one bridge
        #           (Kubernetes and container networks count on that) do so no more; routed
        #           traffic is filtered as before
        #   source  Linux: Documentation/networking/bridge.rst (Netfilter: legacy, discouraged),
        #           Documentation/networking/ip-sysctl.rst (/proc/sys/net/bridge)
        value '/sys/class/net/br0/bridge/nf_call_iptables' '1' '0'

        # net.core.rmem_max (advice): 131071
        #   should  at least 212992
        #   note    lower than the kernel's own default
        #   why     bounds what a program may ask for by SO_RCVBUF. TCP sizes its buffers itself,
        #           by tcp_rmem, and no role asks: raising it does nothing for them
        #   risk    each socket that asks for more gets that much of the kernel's memory
        #   source  Linux: Documentation/admin-guide/sysctl/net.rst
        value '/proc/sys/net/core/rmem_max' '131071' '212992'

        # net.core.wmem_max (advice): 131071
        #   should  at least 212992
        #   note    lower than the kernel's own default
        #   why     bounds what a program may ask for by SO_SNDBUF. TCP sizes its buffers itself,
        #           by tcp_wmem, and no role asks: raising it does nothing for them
        #   risk    each socket that asks for more gets that much of the kernel's memory
        #   source  Linux: Documentation/admin-guide/sysctl/net.rst
        value '/proc/sys/net/core/wmem_max' '131071' '212992'

        # net.core.rmem_default (advice): 65536
        #   should  at least 212992
        #   note    lower than the kernel's own default
        #   why     what sockets other than TCP's have for input. tcp_rmem overrides it for TCP,
        #           so that no role gains by raising it
        #   risk    none that is known: it is the kernel's own default
        #   source  Linux: Documentation/admin-guide/sysctl/net.rst
        value '/proc/sys/net/core/rmem_default' '65536' '212992'

        # net.core.wmem_default (advice): 65536
        #   should  at least 212992
        #   note    lower than the kernel's own default
        #   why     what sockets other than TCP's have for output. tcp_wmem overrides it for TCP,
        #           so that no role gains by raising it
        #   risk    none that is known: it is the kernel's own default
        #   source  Linux: Documentation/admin-guide/sysctl/net.rst
        value '/proc/sys/net/core/wmem_default' '65536' '212992'

        # net.core.optmem_max (advice): 10240
        #   should  at least 20480
        #   note    lower than what kernels had by themselves when it was lowest
        #   why     bounds control data and filters of a socket, of which roles use none
        #   risk    none that is known: it is the kernel's own default
        #   source  Linux: Documentation/admin-guide/sysctl/net.rst
        value '/proc/sys/net/core/optmem_max' '10240' '20480'

        # net.ipv4.tcp_rmem (advice): 4096 16777216 16777216
        #   should  second number at most 1048576, third at least 4194304
        #   note    1000 connections of one client may take 16000 MiB before any is tuned
        #   why     every connection begins with a receive buffer of the second number and is
        #           tuned up to the third. A large third is worth it on fast long paths still,
        #           where a local network needs less than the default; a large second only fills
        #           memory
        #   risk    so much of the kernel's memory for each connection whose reader is slow
        #   source  Linux: Documentation/networking/ip-sysctl.rst; RFC 7323
        value '/proc/sys/net/ipv4/tcp_rmem' '4096	16777216	16777216' '4096	131072	16777216'

        # net.ipv4.tcp_wmem (advice): 4096 4194304 131072
        #   should  second number at most 1048576, third at least 4194304
        #   note    1000 connections of one client may take 4000 MiB before any is tuned; what a
        #           connection has under way ends at the third
        #   why     every connection begins with a send buffer of the second number and is tuned
        #           up to the third. A large third is worth it on fast long paths still, where a
        #           local network needs less than the default; a large second only fills memory
        #   risk    so much of the kernel's memory for each connection whose reader is slow
        #   source  Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/tcp_wmem' '4096	4194304	131072' '4096	16384	4194304'

        # net.ipv4.tcp_window_scaling (warning): 0
        #   should  1
        #   note    without it a connection has at most 64 KB under way: 64 KB a round trip
        #   why     windows of more than 64 KB. Turning it off saved a few bytes of a handshake on
        #           the networks of 2009, and throttles every faster one: harmful
        #   risk    none: it is the kernel's default, and every peer knows it
        #   source  RFC 7323; Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/tcp_window_scaling' '0' '1'

        # net.ipv4.tcp_sack (warning): 0
        #   should  1
        #   note    of several packets lost together one is found each round trip, or by a
        #           time-out
        #   why     tells a sender exactly what is missing. Turning it off saved some CPU on a
        #           network without losses; where packets are lost it is harmful, and loss
        #           detection (RACK) is built on it today
        #   risk    none with current kernels (CVE-2019-11477, for which some turned it off, is
        #           mended since Linux 5.1.11)
        #   source  RFC 2018, RFC 8985; Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/tcp_sack' '0' '1'

        # net.ipv4.tcp_dsack (advice): 0
        #   should  1
        #   note    needless retransmissions are seldom noticed, and slow connections down
        #   why     lets a receiver say what it got twice, so that a sender notices
        #           retransmissions that were not needed
        #   risk    none that is known: it is the kernel's own default
        #   source  RFC 2883; Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/tcp_dsack' '0' '1'

        # net.ipv4.tcp_timestamps (advice): 0
        #   should  1 or 2
        #   note    coarser round-trip times, and no reuse of ports that wait in TIME-WAIT
        #   why     round-trip times for each packet, and protection against old ones. 12 bytes a
        #           packet, hardly any CPU: turning it off gains nothing today
        #   risk    none since their offset is random for each connection (Linux 4.10)
        #   source  RFC 7323; Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/tcp_timestamps' '0' '1'

        # net.ipv4.tcp_tw_recycle (warning): 1
        #   should  0
        #   note    drops connections of clients behind one address
        #   why     reused ports by a peer's timestamps, and broke every client that shares its
        #           address. It could not work with random timestamps and was removed
        #   risk    none
        #   source  tcp(7); Linux 4.12
        value '/proc/sys/net/ipv4/tcp_tw_recycle' '1' '0'

        # net.ipv4.tcp_tw_reuse (advice): 0
        #   should  2 or 1
        #   note    a client that opens many short connections may run out of ports
        #   why     lets a client take a port that waits in TIME-WAIT when that is safe; 2, the
        #           default, on loopback only. Roles keep their connections and hardly need it
        #   risk    1: rests on timestamps at both ends
        #   source  Linux: Documentation/networking/ip-sysctl.rst; RFC 6191
        value '/proc/sys/net/ipv4/tcp_tw_reuse' '0' '2'

        # net.ipv4.tcp_fin_timeout (advice): 5
        #   should  10 to 120
        #   note    not about ports in TIME-WAIT, which last 60 s whatever this is
        #   why     how long a connection waits for its peer's end when nobody has it open here.
        #           Often lowered to shorten TIME-WAIT, with which it has nothing to do
        #   risk    none that is known: it is the kernel's own default
        #   source  Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/tcp_fin_timeout' '5' '10'

        # net.ipv4.tcp_max_tw_buckets (advice): 1024
        #   should  at least 8192
        #   note    the kernel's documentation asks not to lower it
        #   why     beyond so many connections in TIME-WAIT the kernel forgets them at once
        #   risk    a few hundred bytes of memory for each
        #   source  Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/tcp_max_tw_buckets' '1024' '8192'

        # net.ipv4.tcp_syncookies (advice): 0
        #   should  1
        #   note    0: a full queue drops connections; 2, which is for tests: each goes without
        #           TCP's options that do not fit into a cookie
        #   why     takes connections on when the queue of handshakes is full, instead of dropping
        #           them
        #   risk    none that is known: it is the kernel's own default
        #   source  Linux: Documentation/networking/ip-sysctl.rst; RFC 4987
        value '/proc/sys/net/ipv4/tcp_syncookies' '0' '1'

        # net.core.netdev_max_backlog (advice): 2500
        #   should  at least 10000
        #   note    256 packets dropped for it since the boot
        #   why     packets that wait for a CPU: those of loopback, of veth and of cards whose
        #           packets are spread by software (RPS). Worth raising where some were dropped,
        #           and only there
        #   risk    a longer queue is a longer wait when the CPU cannot follow
        #   source  Linux: Documentation/admin-guide/sysctl/net.rst
        value '/proc/sys/net/core/netdev_max_backlog' '2500' '10000'

        # net.core.somaxconn (advice): 128
        #   should  at least 4096
        #   note    every role asks for 4096; a client may open 1,000 connections at once
        #   why     connections that wait to be accepted, for each listening socket. 128 until
        #           Linux 5.4, so that the study had to raise it; 4096 since
        #   risk    none: programs still ask for less where they want less
        #   source  Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/core/somaxconn' '128' '4096'

        # net.ipv4.tcp_max_syn_backlog (advice): 64
        #   should  at least 128
        #   note    lower than the kernel's own lowest
        #   why     connections whose handshake is under way, for each listening socket. Grows
        #           with memory by itself, and bounds nothing where tcp_syncookies is 1
        #   risk    about 300 bytes of memory for each
        #   source  Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/tcp_max_syn_backlog' '64' '128'

        # net.ipv4.ip_local_port_range (advice): 1024 65535
        #   should  32768 60999, or 2000 ports that no server has
        #   note    the range has the roles' ports in it (8080, 9477-9508): an outgoing connection
        #           that gets one of them keeps a role from listening
        #   why     the local ports of outgoing connections. The study took more of them; what
        #           counts is that there are enough to each destination, and that no server wants
        #           them
        #   risk    none
        #   source  Linux: Documentation/networking/ip-sysctl.rst; RFC 6335
        value '/proc/sys/net/ipv4/ip_local_port_range' '1024	65535' '32768	60999'

        # net.ipv4.neigh.default.gc_thresh1 (advice): 128
        #   should  at least 320
        #   note    32 x 8 guests + 64 others = 320; guests' entries are thrown out when they have
        #           been quiet for a while, and asked for again by broadcast
        #   why     with up to so many neighbours (guests on the bridge) none is ever thrown out
        #   risk    some hundred bytes of memory for each
        #   source  Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/neigh/default/gc_thresh1' '128' '320'

        # net.ipv4.neigh.default.gc_thresh2 (advice): 200
        #   should  at least 512
        #   note    32 x 8 guests + 64 others = 320; beyond that entries that are older than 5 s
        #           go when a new one comes
        #   why     with more neighbours than that the kernel makes room before it has to
        #   risk    some hundred bytes of memory for each
        #   source  Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/neigh/default/gc_thresh2' '200' '512'

        # net.ipv4.neigh.default.gc_thresh3 (warning): 256
        #   should  at least 512
        #   note    32 x 8 guests + 64 others = 320; "neighbour table overflow": guests beyond
        #           that cannot be reached
        #   why     there can be no more neighbours than that
        #   risk    some hundred bytes of memory for each
        #   source  Linux: Documentation/networking/ip-sysctl.rst
        value '/proc/sys/net/ipv4/neigh/default/gc_thresh3' '256' '512'

        # net.netfilter.nf_conntrack_max (warning): 65536
        #   should  at least 73280
        #   note    32 x (1000 of the external client + 145 others), twice over as closed ones
        #           stay for two minutes = 73280; "nf_conntrack: table full, dropping packet"
        #   why     connections that the firewall remembers; where it tracks any, all are counted
        #   risk    some 300 bytes of memory for each; raise nf_conntrack_buckets with it
        #   source  Linux: Documentation/networking/nf_conntrack-sysctl.rst
        value '/proc/sys/net/netfilter/nf_conntrack_max' '65536' '73280'

        # io-scheduler dm-0 (advice): bfq
        #   should  none or mq-deadline
        #   note    an array, which orders for itself
        #   why     orders the requests of many guests to one disk. A disk without moving parts
        #           and a virtual one gain nothing from order: none costs least CPU. A spinning
        #           one does, and mq-deadline lets no request starve. bfq shares a disk out among
        #           processes, for CPU with each request; QEMU's are all alike to it
        #   risk    none leaves a single spinning disk to seek at random
        #   source  Linux: Documentation/block/switching-sched.rst,
        #           Documentation/block/deadline-iosched.rst, Documentation/block/bfq-iosched.rst
        choice '/sys/block/dm-0/queue/scheduler' 'bfq' 'none'

        # io-scheduler nvme0n1 (advice): bfq
        #   should  none or mq-deadline
        #   note    no moving parts
        #   why     orders the requests of many guests to one disk. A disk without moving parts
        #           and a virtual one gain nothing from order: none costs least CPU. A spinning
        #           one does, and mq-deadline lets no request starve. bfq shares a disk out among
        #           processes, for CPU with each request; QEMU's are all alike to it
        #   risk    none leaves a single spinning disk to seek at random
        #   source  Linux: Documentation/block/switching-sched.rst,
        #           Documentation/block/deadline-iosched.rst, Documentation/block/bfq-iosched.rst
        choice '/sys/block/nvme0n1/queue/scheduler' 'bfq' 'none'

        # io-scheduler sde (advice): none
        #   should  mq-deadline
        #   note    spinning; behind a RAID controller or in a SAN, which order for themselves,
        #           none is right as well
        #   why     orders the requests of many guests to one disk. A disk without moving parts
        #           and a virtual one gain nothing from order: none costs least CPU. A spinning
        #           one does, and mq-deadline lets no request starve. bfq shares a disk out among
        #           processes, for CPU with each request; QEMU's are all alike to it
        #   risk    none leaves a single spinning disk to seek at random
        #   source  Linux: Documentation/block/switching-sched.rst,
        #           Documentation/block/deadline-iosched.rst, Documentation/block/bfq-iosched.rst
        choice '/sys/block/sde/queue/scheduler' 'none' 'mq-deadline'

        # io-scheduler sdf (advice): cfq
        #   should  mq-deadline
        #   note    spinning; behind a RAID controller or in a SAN, which order for themselves,
        #           none is right as well
        #   why     orders the requests of many guests to one disk. A disk without moving parts
        #           and a virtual one gain nothing from order: none costs least CPU. A spinning
        #           one does, and mq-deadline lets no request starve. bfq shares a disk out among
        #           processes, for CPU with each request; QEMU's are all alike to it
        #   risk    none leaves a single spinning disk to seek at random
        #   source  Linux: Documentation/block/switching-sched.rst,
        #           Documentation/block/deadline-iosched.rst, Documentation/block/bfq-iosched.rst
        choice '/sys/block/sdf/queue/scheduler' 'cfq' 'deadline'

        # io-scheduler vda (advice): cfq
        #   should  none or mq-deadline
        #   note    virtual
        #   why     orders the requests of many guests to one disk. A disk without moving parts
        #           and a virtual one gain nothing from order: none costs least CPU. A spinning
        #           one does, and mq-deadline lets no request starve. bfq shares a disk out among
        #           processes, for CPU with each request; QEMU's are all alike to it
        #   risk    none leaves a single spinning disk to seek at random
        #   source  Linux: Documentation/block/switching-sched.rst,
        #           Documentation/block/deadline-iosched.rst, Documentation/block/bfq-iosched.rst
        choice '/sys/block/vda/queue/scheduler' 'cfq' 'noop'

        # vm.swappiness (advice): 60
        #   should  0 to 10
        #   note    guests' memory goes out to disk while files stay in the page cache
        #   why     how willingly memory of processes goes out to keep files in memory. QEMU's
        #           memory is the guests': low keeps it in
        #   risk    the page cache shrinks first; with 0 processes are killed sooner
        #   source  Linux: Documentation/admin-guide/sysctl/vm.rst
        value '/proc/sys/vm/swappiness' '60' '10'

        # vm.zone_reclaim_mode (warning): 1
        #   should  0
        #   note    a node that is full throws out its page cache, or swaps, though others have
        #           memory left
        #   why     with several nodes: clear the own one before taking memory from another
        #   risk    none: it is the kernel's default
        #   source  Linux: Documentation/admin-guide/sysctl/vm.rst
        value '/proc/sys/vm/zone_reclaim_mode' '1' '0'

        # transparent-hugepages (advice): never
        #   should  madvise
        #   note    guests' memory stays in pages of 4 KiB
        #   why     a guest's memory access goes through two sets of page tables: pages of 2 MiB
        #           take most of that away. QEMU asks for them (madvise), so always is not needed
        #   risk    a little more memory
        #   source  Linux: Documentation/admin-guide/mm/transhuge.rst
        choice '/sys/kernel/mm/transparent_hugepage/enabled' 'never' 'madvise'

        # transparent-hugepages-defrag (advice): always
        #   should  madvise
        #   note    any process may stand still for as long as memory is being compacted
        #   why     who waits while the kernel makes room for a huge page. madvise: only who asked
        #   risk    none: it is the kernel's default
        #   source  Linux: Documentation/admin-guide/mm/transhuge.rst
        choice '/sys/kernel/mm/transparent_hugepage/defrag' 'always' 'madvise'

        # ksm (advice): run 1, 123456 pages saved by it
        #   should  run 0 or 2, nothing merged
        #   note    ksmd scans guests' memory all the time; 2 takes apart again what it has merged
        #   why     merges equal pages of guests: takes CPU to find them, and gives memory that a
        #           run did not pay for. It goes on for minutes after a start, so that no two
        #           windows are alike. Right where more guests than memory is what is measured
        #   risk    guests take all of their memory: check `memory` first, taking pages apart
        #           needs it at once
        #   source  Linux: Documentation/admin-guide/mm/ksm.rst
        value '/sys/kernel/mm/ksm/run' '1' '2'

        # cpu-governor (advice): schedutil (2), performance (1)
        #   should  performance
        #   why     schedutil, and the powersave of intel_pstate and amd-pstate, raise the
        #           frequency when load is seen, late for short requests and different from run to
        #           run; any other driver's powersave stays at the lowest. performance keeps it up
        #   risk    more power and heat when idle
        #   source  Linux: Documentation/admin-guide/pm/cpufreq.rst, intel_pstate.rst,
        #           amd-pstate.rst
        value '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor' 'schedutil' 'performance'
        value '/sys/devices/system/cpu/cpufreq/policy10/scaling_governor' 'schedutil' 'performance'

        # cpu-energy-preference (advice): balance_power (1), performance (1), power (1)
        #   should  performance
        #   why     where the CPU itself chooses its frequency, this tells it what to choose by
        #   risk    more power and heat when idle
        #   source  Linux: Documentation/admin-guide/pm/intel_pstate.rst, amd-pstate.rst
        value '/sys/devices/system/cpu/cpufreq/policy0/energy_performance_preference' 'balance_power' 'performance'
        value '/sys/devices/system/cpu/cpufreq/policy10/energy_performance_preference' 'power' 'performance'

        # kernel.pid_max (warning): 16384
        #   should  at least 32768
        #   note    32 x 8 guests x 72 threads (QEMU, the guest's CPU, up to 64 for its I/O) +
        #           2048 for the host = 20480; guests then fail to start, or to do I/O
        #   why     a number for each process and thread
        #   risk    none
        #   source  Linux: Documentation/admin-guide/sysctl/kernel.rst
        value '/proc/sys/kernel/pid_max' '16384' '32768'

        # kernel.threads-max (warning): 16000
        #   should  at least 32768
        #   note    32 x 8 guests x 72 threads (QEMU, the guest's CPU, up to 64 for its I/O) +
        #           2048 for the host = 20480; guests then fail to start, or to do I/O
        #   why     processes and threads of the whole host
        #   risk    some kernel memory for each
        #   source  Linux: Documentation/admin-guide/sysctl/kernel.rst
        value '/proc/sys/kernel/threads-max' '16000' '32768'

        # fs.file-max (warning): 65536
        #   should  at least 106048
        #   note    32 x (8 guests x 64 files + both ends of 1145 connections) + 16384 for the
        #           host = 106048; "VFS: file-max limit reached"
        #   why     open files of the whole host
        #   risk    some kernel memory for each
        #   source  Linux: Documentation/admin-guide/sysctl/fs.rst
        value '/proc/sys/fs/file-max' '65536' '106048'

        # fs.nr_open (advice): 65536
        #   should  at least 1048576
        #   note    the most that one process opens: an external client 1200, `run` 32 x 64; lower
        #           than the kernel's own default; no limit of a process can be above it
        #   why     bounds the limit that a process may be given
        #   risk    none
        #   source  Linux: Documentation/admin-guide/sysctl/fs.rst
        value '/proc/sys/fs/nr_open' '65536' '1048576'

        # fs.aio-max-nr (warning): 65536
        #   should  at least 164864
        #   note    32 x 5 guests with a disk of io='native' x 1024 that QEMU sets up for each +
        #           1024 for the host = 164864; QEMU then ends with "failed to create linux AIO
        #           context"; newer ones go on with threads instead, at another cost for each
        #           request
        #   why     requests of Linux AIO that are set up at once, by QEMU for guests' disks past
        #           the page cache. The kernel's default is used up by the thirteenth tile of
        #           guests; libvirt's packages for RHEL and Fedora raise it to 1048576
        #   risk    none: nothing is taken before it is used
        #   source  Linux: Documentation/admin-guide/sysctl/fs.rst; QEMU: block/linux-aio.c
        value '/proc/sys/fs/aio-max-nr' '65536' '164864'

        # fs.inotify.max_user_instances (advice): 64
        #   should  at least 128
        #   note    lower than the kernel's own default
        #   why     who waits for changes of files; no role and no guest does, systemd and libvirt
        #           do
        #   risk    none
        #   source  inotify(7)
        value '/proc/sys/fs/inotify/max_user_instances' '64' '128'

        # fs.inotify.max_user_watches (advice): 4096
        #   should  at least 8192
        #   note    lower than the kernel's own default
        #   why     the files that are waited for
        #   risk    about 1 KB for each
        #   source  inotify(7)
        value '/proc/sys/fs/inotify/max_user_watches' '4096' '8192'

        # vm.max_map_count (advice): 32768
        #   should  at least 65530
        #   note    lower than the kernel's own default
        #   why     pieces that a process's memory may be in: QEMU's and a database's
        #   risk    none
        #   source  Linux: Documentation/admin-guide/sysctl/vm.rst
        value '/proc/sys/vm/max_map_count' '32768' '65530'

        # libvirt.max_clients libvirtd.conf (warning): 20
        #   should  at least 320
        #   note    connections beyond wait to be accepted, or are dropped: "Too many active
        #           clients"
        #   why     connections at once. 20 in the libvirt of 2009, which ended at twenty guests
        #           that were started in parallel; 5000 now. tileload has one for each host, other
        #           tools one for each call
        #   risk    none
        #   source  libvirt: comments in libvirtd.conf and virtqemud.conf
        conf '/etc/libvirt/libvirtd.conf' 'max_clients' '20' '5000'

        # libvirt.max_anonymous_clients libvirtd.conf (advice): 1
        #   should  at least 20, or 0: no limit of its own
        #   note    lower than libvirt's default: many tools that connect at once wait
        #   why     connections that have not said yet who they are
        #   risk    none
        #   source  libvirt: comments in libvirtd.conf and virtqemud.conf
        conf '/etc/libvirt/libvirtd.conf' 'max_anonymous_clients' '1' '20'

        # libvirt.max_workers libvirtd.conf (advice): 10
        #   should  at least 20
        #   note    lower than libvirt's default: calls wait for each other
        #   why     calls that are carried out at once. tileload makes one after the other; enough
        #           as it comes
        #   risk    a thread each while they are busy
        #   source  libvirt: comments in libvirtd.conf and virtqemud.conf
        conf '/etc/libvirt/libvirtd.conf' 'max_workers' '10' '20'

        # libvirt.max_client_requests libvirtd.conf (advice): 1
        #   should  at least 5
        #   note    lower than libvirt's default: its keep-alive messages wait behind calls, and
        #           connections are given up
        #   why     calls of one connection at once. For tools that start many guests in parallel
        #           over one connection; tileload makes one call at a time
        #   risk    one client can take all workers when this is as high as max_workers
        #   source  libvirt: comments in libvirtd.conf and virtqemud.conf
        conf '/etc/libvirt/libvirtd.conf' 'max_client_requests' '1' '5'

        # qemu.max_processes qemu.conf (warning): 1000
        #   should  at least 18432, or 0: no limit of its own
        #   note    threads of all guests together, as all are one user's
        #   why     processes and threads of the user that QEMU runs as
        #   risk    none
        #   source  libvirt: comments in qemu.conf
        conf '/etc/libvirt/qemu.conf' 'max_processes' '1000' '18432'

        # qemu.max_files qemu.conf (warning): 512
        #   should  at least 1024, or 0: no limit of its own
        #   note    open files of one QEMU
        #   why     open files of each QEMU: disks, network, console, monitor
        #   risk    none
        #   source  libvirt: comments in qemu.conf
        conf '/etc/libvirt/qemu.conf' 'max_files' '512' '1024'

        :
}

services() {
        # services avahi-daemon.service (advice): running
        #   should  stopped while measuring
        #   note    announces the host on the local network
        #   why     each wakes up now and then, takes CPU and pushes guests' data out of caches.
        #           What a host of guests has no use for, it need not run
        #   risk    what they do is not done meanwhile
        #   source  systemctl(1)
        running avahi-daemon.socket avahi-daemon.service

        # services cups.service (advice): running
        #   should  stopped while measuring
        #   note    printing
        #   why     each wakes up now and then, takes CPU and pushes guests' data out of caches.
        #           What a host of guests has no use for, it need not run
        #   risk    what they do is not done meanwhile
        #   source  systemctl(1)
        running cups.socket cups.service

        # services ksmtuned.service (advice): running
        #   should  stopped while measuring
        #   note    switches the merging of pages on and off by load
        #   why     each wakes up now and then, takes CPU and pushes guests' data out of caches.
        #           What a host of guests has no use for, it need not run
        #   risk    what they do is not done meanwhile
        #   source  systemctl(1)
        running ksm.service ksmtuned.service

        # timers apt-daily.timer (advice): enabled
        #   should  stopped while measuring
        #   note    fetches lists of packages; if it has been stopped since the boot, no file says
        #           so
        #   why     work that begins by the clock, in the middle of a run as well as anywhen,
        #           mostly with much disk I/O
        #   risk    updates come later: start the timers again
        #   source  systemd.timer(5), systemctl(1) (list-timers)
        running apt-daily.timer

        # timers fstrim.timer (advice): enabled
        #   should  stopped while measuring
        #   note    discards unused blocks on all disks; if it has been stopped since the boot, no
        #           file says so
        #   why     work that begins by the clock, in the middle of a run as well as anywhen,
        #           mostly with much disk I/O
        #   risk    updates come later: start the timers again
        #   source  systemd.timer(5), systemctl(1) (list-timers)
        running fstrim.timer

        # ---- left to you: nothing below does anything ----

        # net.ipv4.tcp_mem (advice): 1000 2000 4000
        #   should  as the kernel works it out at boot
        #   note    the third number, in pages, is 0.0 % of memory
        #   why     what all of TCP may take, in pages. The kernel takes a share of memory at
        #           boot, which is enough; fixed numbers from another machine are mostly too low
        #   risk    with too much, TCP can push everything else out of memory
        #   source  Linux: Documentation/networking/ip-sysctl.rst

        # bonding bond0 (warning): balance-rr, 1 of 2 cards up, miimon 0
        #   should  802.3ad or balance-xor (active-backup where the switch cannot), all cards up,
        #           miimon 100
        #   note    a card has no link: the others carry its share
        #   why     several cards carry what one cannot. A hash over addresses keeps each
        #           connection on one card and in order; with a guest's own address each, guests
        #           spread well
        #   risk    802.3ad and balance-xor need their counterpart set up at the switch
        #   source  Linux: Documentation/networking/bonding.rst; IEEE 802.1AX; Red Hat:
        #           Virtualization Deployment and Administration Guide (bridged mode)

        # bonding bond1 (advice): balance-rr, 2 of 2 cards up, miimon 100
        #   should  802.3ad or balance-xor (active-backup where the switch cannot), all cards up,
        #           miimon 100
        #   note    packets of one connection take turns over the cards and come out of order,
        #           which TCP takes for loss
        #   why     several cards carry what one cannot. A hash over addresses keeps each
        #           connection on one card and in order; with a guest's own address each, guests
        #           spread well
        #   risk    802.3ad and balance-xor need their counterpart set up at the switch
        #   source  Linux: Documentation/networking/bonding.rst; IEEE 802.1AX; Red Hat:
        #           Virtualization Deployment and Administration Guide (bridged mode)

        # bonding bond2 (warning): balance-xor, 1 of 1 cards up, miimon 0
        #   should  802.3ad or balance-xor (active-backup where the switch cannot), all cards up,
        #           miimon 100
        #   note    links are not watched (miimon 0): packets go on to a card that has lost its
        #           link
        #   why     several cards carry what one cannot. A hash over addresses keeps each
        #           connection on one card and in order; with a guest's own address each, guests
        #           spread well
        #   risk    802.3ad and balance-xor need their counterpart set up at the switch
        #   source  Linux: Documentation/networking/bonding.rst; IEEE 802.1AX; Red Hat:
        #           Virtualization Deployment and Administration Guide (bridged mode)

        # bonding bond3 (warning): 802.3ad, 2 of 2 cards up, miimon 100
        #   should  802.3ad or balance-xor (active-backup where the switch cannot), all cards up,
        #           miimon 100
        #   note    the switch has not joined all of them: only some carry anything
        #   why     several cards carry what one cannot. A hash over addresses keeps each
        #           connection on one card and in order; with a guest's own address each, guests
        #           spread well
        #   risk    802.3ad and balance-xor need their counterpart set up at the switch
        #   source  Linux: Documentation/networking/bonding.rst; IEEE 802.1AX; Red Hat:
        #           Virtualization Deployment and Administration Guide (bridged mode)

        # bonding bond4 (warning): balance-alb, 2 of 2 cards up, miimon 100
        #   should  802.3ad or balance-xor (active-backup where the switch cannot), all cards up,
        #           miimon 100
        #   note    not for a bridge: guests' addresses are seen at several ports of the switch,
        #           or replaced by a card's, and guests lose their connection
        #   why     several cards carry what one cannot. A hash over addresses keeps each
        #           connection on one card and in order; with a guest's own address each, guests
        #           spread well
        #   risk    802.3ad and balance-xor need their counterpart set up at the switch
        #   source  Linux: Documentation/networking/bonding.rst; IEEE 802.1AX; Red Hat:
        #           Virtualization Deployment and Administration Guide (bridged mode)

        # multipath nvme-subsys1 (warning): 1 of 2 paths live
        #   should  all live
        #   note    the others carry what went over it; `nvme list-subsys` names it
        #   why     two ways to a disk carry more than one, if they are joined and both work. A
        #           path that is down halves what the storage gives, without an error anywhere
        #   risk    joining a disk that is mounted already needs it unmounted first
        #   source  multipath.conf(5); Linux:
        #           Documentation/admin-guide/device-mapper/dm-queue-length.rst

        # multipath dm-0 (warning): 1 of 2 paths running
        #   should  at least two paths, all running
        #   note    the others carry what went over it; `multipath -ll` names it
        #   why     two ways to a disk carry more than one, if they are joined and both work. A
        #           path that is down halves what the storage gives, without an error anywhere
        #   risk    joining a disk that is mounted already needs it unmounted first
        #   source  multipath.conf(5); Linux:
        #           Documentation/admin-guide/device-mapper/dm-queue-length.rst

        # multipath sdd (warning): the same disk as sdc
        #   should  one multipath device over both
        #   note    both are naa.5000c500; multipathd would join them
        #   why     two ways to a disk carry more than one, if they are joined and both work. A
        #           path that is down halves what the storage gives, without an error anywhere
        #   risk    joining a disk that is mounted already needs it unmounted first
        #   source  multipath.conf(5); Linux:
        #           Documentation/admin-guide/device-mapper/dm-queue-length.rst

        # memory (warning): 125 GiB, 1.9 GiB of it available
        #   should  at least 273 GiB
        #   note    guests of KVM: 32 x 8.5 GiB (seven of 1 GiB, one of 512 MiB, 128 MiB each for
        #           QEMU) + 1.0 GiB for the host = 273 GiB
        #   why     a host that gives out more memory than it has swaps, or kills a guest: then
        #           its disk is measured, or nothing
        #   risk    none
        #   source  the built-in template of guests (`tileload tile template`)

        # swap (warning): 6.7 GiB of 16.0 GiB used
        #   should  hardly any in use
        #   why     memory that went out to disk comes back in the middle of a run. Guests have
        #           swap of their own; the host should not need any
        #   risk    without any swap the kernel kills a process sooner when memory runs out
        #   source  Linux: Documentation/admin-guide/sysctl/vm.rst

        # memory-interleave (warning): 4 sockets, 2 nodes
        #   should  at least a node for each socket
        #   note    the firmware interleaves memory over sockets, or numa=off stands on the
        #           kernel's command line: guests cannot be placed
        #   why     memory that alternates over all sockets is far for half of the accesses,
        #           wherever a guest runs
        #   risk    firmware setting (node interleaving off; NPS1 or more on AMD): needs a reboot
        #   source  Linux: Documentation/admin-guide/mm/numa_memory_policy.rst

        # hugepages 1.0 GiB (advice): 64 reserved, 64 of them free
        #   should  none free
        #   note    64.0 GiB lie idle, unless your own --template has <hugepages/>: the built-in
        #           one does not use them
        #   why     memory reserved as huge pages is for nobody else. It helps guests whose
        #           template uses it, and is lost for all others
        #   risk    giving it back (vm.nr_hugepages) may not be undone later, when memory is in
        #           pieces
        #   source  Linux: Documentation/admin-guide/mm/hugetlbpage.rst

        # kvm-paging (warning): npt 0
        #   should  Y
        #   why     the CPU walks a guest's page tables itself (EPT, NPT); without that each
        #           change in them leaves the guest
        #   risk    none: it is the kernel's default
        #   source  Linux: Documentation/admin-guide/kernel-parameters.txt (kvm-intel.ept,
        #           kvm-amd.npt)

        # mitigations (advice): mitigations=off
        #   should  auto
        #   why     what keeps guests from reading each other's memory costs some per cent, more
        #           for guests that enter the kernel often. A host that carries strangers' guests
        #           has to have them: measured without, it promises what it cannot keep
        #   risk    on: the cost
        #   source  Linux: Documentation/admin-guide/kernel-parameters.txt (mitigations=),
        #           Documentation/admin-guide/hw-vuln/attack_vector_controls.rst

        # vulnerabilities (advice): 4 of 5 open: itlb_multihit, l1tf, meltdown, spectre_v2
        #   should  as the kernel chooses, and the same in all runs that are compared
        #   note    each one's file in /sys/devices/system/cpu/vulnerabilities says more. "no
        #           microcode" is mended by the CPU vendor's microcode (in a guest: that of its
        #           host)
        #   why     what the kernel itself says of each of them
        #   risk    on: the cost of each
        #   source  Linux: Documentation/admin-guide/hw-vuln/index.rst

        # clocksource (warning): hpet
        #   should  tsc, or in a guest kvm-clock and the like
        #   note    the kernel has found the CPUs' own counters not to be trusted: its log has the
        #           reason, often the firmware's
        #   why     every time stamp reads it: tens of ns by tsc, microseconds by a timer chip,
        #           which all CPUs share
        #   risk    none
        #   source  Linux: Documentation/timers/timekeeping.rst

        # open-files (warning): 1024 (hard)
        #   should  at least 2048
        #   note    the most that one process opens: an external client 1200, `run` 32 x 64
        #   why     the hard limit of this shell (ulimit -Hn), up to which `run` raises that of
        #           the processes that it starts
        #   risk    none
        #   source  getrlimit(2); limits.conf(5), systemd.exec(5) (LimitNOFILE=)

        # processes (advice): 2048 (hard)
        #   should  at least 4096
        #   note    32 x 128 threads, when tiles run as processes; those of guests are counted for
        #           QEMU's user (libvirt's max_processes)
        #   why     the hard limit of this user (ulimit -Hu)
        #   risk    none
        #   source  getrlimit(2); limits.conf(5), systemd.exec(5) (LimitNPROC=)

        # cgroup-pids (advice): 1000
        #   should  at least 4096
        #   note    32 x 128 threads, when tiles run as processes; the limit is that of
        #           /sys/fs/cgroup/pids/user.slice/user-1000.slice
        #   why     the limit of the session or service that this runs in
        #   risk    none
        #   source  Linux: Documentation/admin-guide/cgroup-v2.rst; systemd.resource-control(5)
        #           (TasksMax=)

        # libvirt.max_clients virtqemud.conf (warning): not understood
        #   should  a file that libvirt understands
        #   note    line 3: more than one value
        #   why     connections at once. 20 in the libvirt of 2009, which ended at twenty guests
        #           that were started in parallel; 5000 now. tileload has one for each host, other
        #           tools one for each call
        #   risk    none
        #   source  libvirt: comments in libvirtd.conf and virtqemud.conf

        # tuned (advice): profile balanced
        #   should  virtual-host
        #   note    not one of the profiles for hosts that work: `tuned-adm profile virtual-host`,
        #           or one of your own that includes it
        #   why     sets much of what is looked at here, by profile, and sets it again at each
        #           start
        #   risk    two who set the same value: the last one wins
        #   source  tuned-profiles(7)

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
