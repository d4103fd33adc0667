/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "libvirt.so.0"

struct calls vir;

/* The library would print every error, also the expected ones, before anybody could look at it. */
static void say_nothing(void *data, virErrorPtr error)
{
}

static int find_all(void *library, struct why *why)
{
        static const struct {
                const char *name;
                void **to;
        } wanted[] = {
#define X(name) {"vir" #name, (void **)&vir.name},
                CALLS(X)
#undef X
        };

        for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
                *wanted[i].to = dlsym(library, wanted[i].name);
                if (!*wanted[i].to)
                        return why_set(why, -ELIBACC, "libvirt", LIBRARY,
                                "has no %s: it is too old", wanted[i].name);
        }
        return 0;
}

int calls_load(struct why *why)
{
        static void *library; /* stays: libvirt keeps threads and atexit() handlers of its own */
        static bool ready;
        int r;

        if (ready)
                return 0;
        if (!library)
                library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
        if (!library)
                return why_set(why, -ELIBACC, "libvirt", NULL,
                        "%s: install libvirt's client library (Debian's package libvirt0)",
                        dlerror());
        r = find_all(library, why);
        if (r < 0)
                return r;
        vir.SetErrorFunc(NULL, say_nothing);
        if (vir.Initialize() < 0 || vir.EventRegisterDefaultImpl() < 0)
                return calls_why(why, "libvirt", NULL, LIBRARY, "set it up");
        ready = true;
        return 0;
}

#ifdef __SANITIZE_THREAD__ /* GCC; clang has no such macro */
/* libvirt's event loop is GLib's, whose locks are futexes of its own making: ThreadSanitizer does
 * not see them, and takes what these libraries do among themselves for races. What they do with
 * ours is watched all the same. libxml2 goes with them: it takes a mutex itself and leaves it by a
 * jump that seems to come from libvirt, so that half of what it does would be seen. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
        return "called_from_lib:libvirt.so.0\n"
               "called_from_lib:libglib-2.0.so.0\n"
               "called_from_lib:libxml2.so.2\n";
}
#endif

/* ---- errors ---- */

static bool begins(const char *text, const char *with)
{
        return strncmp(text, with, strlen(with)) == 0;
}

static bool is_ssh(const char *uri)
{
        const char *colon = strchr(uri, ':');

        return colon && colon - uri > 4 && begins(colon - 4, "+ssh");
}

/* What to do about it, where that can be told. */
static const char *advice(const virError *error, const char *uri)
{
        if (error->domain == VIR_FROM_RPC) /* it has more codes than causes */
                return is_ssh(uri) ? ": does ssh -o BatchMode=yes reach that host?"
                                   : ": is libvirtd running there (Debian's package "
                                     "libvirt-daemon-system), and may you use it?";
        switch (error->code) {
        case VIR_ERR_NO_NETWORK:
                return ": define and start it (virsh net-define, net-start)";
        case VIR_ERR_AUTH_FAILED:
        case VIR_ERR_AUTH_CANCELLED:
        case VIR_ERR_AUTH_UNAVAILABLE:
                return ": run this as root or in the group libvirt, or give the password in "
                       "libvirt's auth.conf; tileload asks for none";
        case VIR_ERR_OPERATION_INVALID:
                return error->domain == VIR_FROM_NETWORK ? ": start it (virsh net-start)" : "";
        default:
                /* The one complaint about a missing /dev/kvm that everybody meets. */
                return strstr(error->message, "domaintype=kvm")
                               ? ": there is no KVM on that host; --type qemu does without, slowly"
                               : "";
        }
}

static int to_errno(const virError *error)
{
        switch (error->code) {
        case VIR_ERR_NO_DOMAIN:
        case VIR_ERR_NO_STORAGE_POOL:
        case VIR_ERR_NO_STORAGE_VOL:
        case VIR_ERR_NO_NETWORK:
                return -ENOENT;
        case VIR_ERR_STORAGE_VOL_EXIST:
        case VIR_ERR_DOM_EXIST:
                return -EEXIST;
        case VIR_ERR_AUTH_FAILED:
        case VIR_ERR_AUTH_CANCELLED:
        case VIR_ERR_AUTH_UNAVAILABLE:
        case VIR_ERR_ACCESS_DENIED:
                return -EACCES;
        case VIR_ERR_NO_MEMORY:
                return -ENOMEM;
        default:
                return -EIO;
        }
}

/* Into one line: libvirt passes on whole outputs of QEMU and of the XML validator. */
static void put_line(char *to, size_t size, const char *from)
{
        size_t n = 0;

        for (; *from && n + 1 < size; from++) {
                bool blank = isspace((unsigned char)*from) || iscntrl((unsigned char)*from);

                if (!blank)
                        to[n++] = *from;
                else if (n > 0 && to[n - 1] != ' ')
                        to[n++] = ' ';
        }
        while (n > 0 && to[n - 1] == ' ')
                n--;
        to[n] = '\0';
}

int calls_why(
        struct why *why, const char *what, const char *value, const char *uri, const char *doing)
{
        static const virError unknown = {
                .code = VIR_ERR_INTERNAL_ERROR,
                .message = (char *)"libvirt does not say why",
        };
        const virError *error = vir.GetLastError();
        char line[sizeof why->reason];

        if (!error || !error->message)
                error = &unknown;
        put_line(line, sizeof line, error->message);
        return why_set(why, to_errno(error), what, value ? value : uri, "%s%scannot %s: %s%s",
                value ? uri : "", value ? ": " : "", doing, line, advice(error, uri));
}

int calls_last_code(void)
{
        const virError *error = vir.GetLastError();

        return error ? error->code : VIR_ERR_OK;
}
