/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over files: how the seeds, and finds that were kept, are tests of every
 * ordinary build.
 *
 *      fuzz-TARGET DIRECTORY...
 */
#include "fuzz.h"

#include "macro.h"

#include <dirent.h>
#include <string.h>

/* An allocation of exactly the file's size, so that a sanitizer sees a read past its end. */
static int run_file(const char *path)
{
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        _cleanup_free_ uint8_t *data = NULL;
        size_t size;
        long end;

        if (!f || fseek(f, 0, SEEK_END) < 0 || (end = ftell(f)) < 0) {
                perror(path);
                return -1;
        }
        rewind(f);
        size = (size_t)end;
        data = malloc(size ? size : 1);
        if (!data || fread(data, 1, size, f) != size) {
                fprintf(stderr, "%s: cannot be read\n", path);
                return -1;
        }
        fprintf(stderr, "%s\n", path); /* the last one before an abort is the culprit */
        return LLVMFuzzerTestOneInput(data, size);
}

static int is_input(const struct dirent *entry)
{
        return entry->d_name[0] != '.';
}

static int run_directory(const char *directory)
{
        struct dirent **list;
        int n = scandir(directory, &list, is_input, alphasort), failed = 0;

        if (n <= 0) {
                fprintf(stderr, "%s: no files\n", directory);
                return -1;
        }
        for (int i = 0; i < n; i++) {
                char path[4096];

                snprintf(path, sizeof path, "%s/%s", directory, list[i]->d_name);
                failed |= run_file(path) != 0;
                free(list[i]);
        }
        free(list);
        return failed ? -1 : 0;
}

int main(int argc, char *argv[])
{
        int failed = argc < 2;

        for (int i = 1; i < argc; i++)
                failed |= run_directory(argv[i]) < 0;
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
