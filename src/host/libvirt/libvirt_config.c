/* SPDX-License-Identifier: Apache-2.0 */
#include "libvirt_config.h"

#define CONFIG(member) offsetof(struct libvirt_config, member)

const char *const libvirt_types[] = {
        [LIBVIRT_KVM] = "kvm",
        [LIBVIRT_QEMU] = "qemu",
        NULL,
};

const struct option libvirt_connect_options[N_LIBVIRT_CONNECT_OPTIONS] = {
        {"connect", OPTION_LIST, CONFIG(connect), "qemu:///system", "URI",
                "libvirt on a host; given several times, tiles take turns"},
};

const struct option libvirt_guest_options[N_LIBVIRT_GUEST_OPTIONS] = {
        {"type", OPTION_CHOICE, CONFIG(type), "kvm", NULL,
                "hardware virtualization, or all in software", .choices = libvirt_types},
        {"image", OPTION_STRING, CONFIG(image), "/var/lib/libvirt/images/tileload", "DIR",
                "usr.erofs, vmlinuz and initrd on the hosts"},
        {"template", OPTION_STRING, CONFIG(template), NULL, "FILE",
                "XML of a guest, instead of what `tile template` prints"},
        {"pool", OPTION_STRING, CONFIG(pool), "tileload", "NAME",
                "storage pool for data and swap disks"},
        {"network", OPTION_STRING, CONFIG(network), "tileload", "NAME", "network of libvirt"},
        {"bridge", OPTION_STRING, CONFIG(bridge), NULL, "DEVICE",
                "bridge of the hosts, instead of a network of libvirt"},
        {"subnet", OPTION_STRING, CONFIG(subnet), "10.77.0.0/16", "NETWORK",
                "guest G of tile T is number 256 T + G in it"},
        {"gateway", OPTION_STRING, CONFIG(gateway), NULL, "ADDRESS",
                "the guests' gateway [first address of the subnet]"},
        {"append", OPTION_STRING, CONFIG(append), NULL, "WORDS",
                "more for every guest's kernel command line"},
};

const struct option libvirt_client_options[N_LIBVIRT_CLIENT_OPTIONS] = {
        {"client-host", OPTION_STRING, CONFIG(client_host), NULL, "HOST",
                "external clients run there, started by you [this machine]"},
};
