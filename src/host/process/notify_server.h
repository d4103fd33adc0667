/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listening side of systemd's notify protocol (sd_notify(3)): how a process that was started
 * says that it is ready.
 *
 * One socket for each process: the kernel holds no more than net.unix.max_dgram_qlen (10, as a
 * rule) datagrams for a reader, and a READY=1 that finds no room is lost.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct notify_server {
        int fd;           /* readable when a message came; -1: none */
        char address[16]; /* for $NOTIFY_SOCKET: "@..." in Linux's abstract namespace, which is
                           * reached from any directory, mount namespace and user */
};

struct notify_message {
        pid_t pid;        /* of the sender, as the kernel has it */
        bool ready;       /* READY=1 */
        int error;        /* ERRNO=, 0: none given */
        char status[128]; /* STATUS=, without control characters; "": none given */
};

/* Returns 0 or -errno. */
int notify_server_init(struct notify_server *server);
void notify_server_fini(struct notify_server *server);

/* Takes the next message. Returns 1 with *ret filled, 0 when there is none now, or -errno. */
int notify_server_receive(struct notify_server *server, struct notify_message *ret);

/* The message's lines into all of *ret but the pid. Whatever is not known is passed over. */
void notify_message_parse(struct notify_message *ret, const char *text, size_t size);
