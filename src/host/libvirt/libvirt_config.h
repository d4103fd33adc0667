/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where and how guests are made by libvirt: the options that `tile` and `run --launch libvirt`
 * share.
 */
#pragma once

#include "option.h"

enum libvirt_type {
        LIBVIRT_KVM,
        LIBVIRT_QEMU,
};
extern const char *const libvirt_types[]; /* their names; ends with NULL */

/* Strings are those of the option table; NULL: not given. */
struct libvirt_config {
        char *connect;     /* URIs of the hosts, with spaces between */
        unsigned type;     /* enum libvirt_type; never chosen by looking at the host */
        char *image;       /* directory on the hosts: usr.erofs, vmlinuz, initrd */
        char *template;    /* file; NULL: the one that is built in */
        char *pool;        /* of data and swap volumes */
        char *network;     /* of libvirt, unless there is a bridge */
        char *bridge;      /* a device of the hosts */
        char *subnet;      /* "10.77.0.0/16" */
        char *gateway;     /* address; NULL: the subnet's first */
        char *append;      /* words for every guest's kernel command line */
        char *client_host; /* where the external clients run; NULL: on this machine */
};

/* Each fills a libvirt_config, and all of them together fill all of it. */
enum {
        N_LIBVIRT_CONNECT_OPTIONS = 1,
        N_LIBVIRT_GUEST_OPTIONS = 9,
        N_LIBVIRT_CLIENT_OPTIONS = 1,
};
extern const struct option libvirt_connect_options[N_LIBVIRT_CONNECT_OPTIONS];
extern const struct option libvirt_guest_options[N_LIBVIRT_GUEST_OPTIONS];
extern const struct option libvirt_client_options[N_LIBVIRT_CLIENT_OPTIONS];
