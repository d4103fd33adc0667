/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many descriptors this process may have. One that launches and measures many tiles has a
 * connection to each guest and a descriptor or two of each process; 1024, what most systems allow
 * without being asked, is not enough.
 */
#pragma once

/* Raises the soft limit to what the hard one allows, 16384 at most. Children inherit it, which does
 * them no harm: none of them uses select(2). Who has too few all the same learns it by EMFILE. */
void descriptors_raise_limit(void);
