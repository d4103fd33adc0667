/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's functions, found when a command first needs them: vir.DomainCreate(domain) is libvirt's
 * virDomainCreate(domain).
 *
 * The library is not linked: with all that it pulls in it would cost every role, on the host and in
 * a guest, 6 MB of memory and 10 ms of start for nothing.
 */
#pragma once

#include "why.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define CALLS(X) \
        X(ConnectClose) \
        X(ConnectDomainEventDeregisterAny) \
        X(ConnectDomainEventRegisterAny) \
        X(ConnectGetCapabilities) \
        X(ConnectGetLibVersion) \
        X(ConnectGetType) \
        X(ConnectGetVersion) \
        X(ConnectListAllDomains) \
        X(ConnectListAllStoragePools) \
        X(ConnectOpenAuth) \
        X(ConnectRegisterCloseCallback) \
        X(ConnectSetKeepAlive) \
        X(ConnectUnregisterCloseCallback) \
        X(DomainCreateWithFlags) \
        X(DomainDefineXMLFlags) \
        X(DomainDestroyFlags) \
        X(DomainFree) \
        X(DomainGetName) \
        X(DomainGetState) \
        X(DomainGetUUIDString) \
        X(DomainGetXMLDesc) \
        X(DomainHasManagedSaveImage) \
        X(DomainIsActive) \
        X(DomainLookupByName) \
        X(DomainShutdownFlags) \
        X(DomainUndefineFlags) \
        X(EventAddTimeout) \
        X(EventRegisterDefaultImpl) \
        X(EventRemoveTimeout) \
        X(EventRunDefaultImpl) \
        X(EventUpdateTimeout) \
        X(GetLastError) \
        X(Initialize) \
        X(NodeGetCPUStats) \
        X(NodeGetMemoryStats) \
        X(SetErrorFunc) \
        X(StoragePoolFree) \
        X(StoragePoolGetName) \
        X(StoragePoolGetXMLDesc) \
        X(StoragePoolIsActive) \
        X(StoragePoolListAllVolumes) \
        X(StoragePoolLookupByName) \
        X(StoragePoolRefresh) \
        X(StorageVolCreateXML) \
        X(StorageVolDelete) \
        X(StorageVolDownload) \
        X(StorageVolFree) \
        X(StorageVolGetInfo) \
        X(StorageVolGetName) \
        X(StorageVolLookupByName) \
        X(StreamAbort) \
        X(StreamFinish) \
        X(StreamFree) \
        X(StreamNew) \
        X(StreamRecv)

struct calls {
#define X(name) __typeof__(vir##name) *name;
        CALLS(X)
#undef X
};

extern struct calls vir;

/* Loads the library if that was not done yet, and silences it: what it has to say goes into *why.
 * Returns 0 or -errno (-ELIBACC: it is not there or too old). */
int calls_load(struct why *why);

/* Fills *why from libvirt's last error in this thread: `WHAT "VALUE": URI: cannot DOING: ...`, in
 * one line, with what to do where that is known. doing is like "start it"; value NULL: it is the
 * URI. Returns -ENOENT (there is no such thing), -EEXIST, -EACCES or -EIO. */
int calls_why(
        struct why *why, const char *what, const char *value, const char *uri, const char *doing);

/* libvirt's code of this thread's last error (VIR_ERR_...). */
int calls_last_code(void);

/* For _cleanup_(): nothing is done for NULL. */
static inline void domain_free_p(virDomainPtr *domain)
{
        if (*domain)
                vir.DomainFree(*domain);
}

static inline void pool_free_p(virStoragePoolPtr *pool)
{
        if (*pool)
                vir.StoragePoolFree(*pool);
}

static inline void volume_free_p(virStorageVolPtr *volume)
{
        if (*volume)
                vir.StorageVolFree(*volume);
}
